"""The sandbox issuer's pages: server-rendered, no script, no foreign asset, marked as a demonstration.

Phone first (320 px), light and dark, keyboard and screen reader. It only draws; every value is escaped.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from cities.issuer.state import Flow
from cities.sandbox.people import DemoAccount
from core.cards import City
from core.i18n import Lang, text

_CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def _t(key: str, lang: Lang, **params: object) -> str:
    return escape(text(f"cities.issuer.{key}", lang, **params))


def _page(
    city: City, lang: Lang, title: str, body: str, *, target: str, status: int
) -> web.Response:
    nonce = secrets.token_urlsafe(16)
    html = f"""<!doctype html>
<html lang="{"zh-CN" if lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{title} – {_t(f"name.{city}", lang)}</title>
<style nonce="{nonce}">{_CSS}</style>
</head>
<body class="{city}">
<header>
<p class="sandbox"><strong>SANDBOX · 演示</strong> {_t("banner", lang)}</p>
<p class="who"><span class="mark" aria-hidden="true">{"深" if city == "shenzhen" else "莞"}</span>
<span class="brand">{_t(f"name.{city}", lang)}</span></p>
</header>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>"""
    origin = f" {target}" if target else ""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{origin};"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return web.Response(
        text=html,
        status=status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


def _origin(redirect_uri: str) -> str:
    """Origin the form may lead to: browsers hold redirects after a form against `form-action`."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"


def _form(flow: Flow, body: str, *, label: str = "") -> str:
    name = f' aria-label="{label}"' if label else ""
    return (
        f'<form method="post" action="authorize"{name}>'
        f'<input type="hidden" name="flow" value="{escape(flow.id)}">'
        f'<input type="hidden" name="csrf" value="{escape(flow.csrf)}">{body}</form>'
    )


def _error(key: str | None, lang: Lang) -> str:
    if key is None:
        return ""
    return f'<p class="error" role="alert" id="problem">{_t(key, lang)}</p>'


def _footer(flow: Flow) -> str:
    lang = flow.lang
    other, title = ("en", "English") if lang == "zh" else ("zh", "中文")
    return (
        '<div class="foot">'
        + _form(
            flow,
            f'<button class="quiet" name="lang" value="{other}"'
            f' lang="{"en" if other == "en" else "zh-CN"}">{title}</button>',
        )
        + _form(
            flow, f'<button class="quiet" name="cancel" value="1">{_t("cancel", lang)}</button>'
        )
        + "</div>"
    )


def sign_in_page(
    city: City, flow: Flow, people: Sequence[DemoAccount], problem: str | None = None
) -> web.Response:
    """First factor: choose a demonstration resident, or username and password."""
    lang = flow.lang
    choices = "".join(
        f'<li><button class="person" name="person" value="{escape(one.slug)}">'
        f'<span class="name" lang="{"en" if one.person.name.isascii() else "zh-CN"}">'
        f"{escape(one.person.name)}</span>"
        f'<span class="hint">{escape(one.label.in_(lang))}</span></button></li>'
        for one in people
    )
    described = ' aria-describedby="problem" aria-invalid="true"' if problem else ""
    fields = f"""<label for="username">{_t("username", lang)}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none"
 spellcheck="false" required maxlength="64"{described}>
<label for="password">{_t("password", lang)}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required maxlength="128"{described}>
<button class="primary">{_t("continue", lang)}</button>"""
    body = (
        f"<p>{_t('purpose', lang)}</p>{_error(problem, lang)}"
        f"<h2>{_t('choose', lang)}</h2>"
        + _form(flow, f'<ul class="people">{choices}</ul>', label=_t("choose", lang))
        + f"<h2>{_t('or_password', lang)}</h2>"
        + _form(flow, fields, label=_t("or_password", lang))
        + _footer(flow)
    )
    status = 200 if problem is None else (429 if problem == "too_many" else 401)
    target = _origin(flow.redirect_uri)
    return _page(city, lang, _t("title", lang), body, target=target, status=status)


def second_factor_page(
    city: City, flow: Flow, account: DemoAccount, problem: str | None = None
) -> web.Response:
    """Second factor: the code that a real app would send; shown here, for this is a demonstration."""
    lang = flow.lang
    described = 'aria-describedby="code-hint problem" aria-invalid="true"'
    fields = f"""<label for="code">{_t("code", lang)}</label>
<p class="hint" id="code-hint">{_t("code_hint", lang, code=account.second_factor)}</p>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{{6}}"
 maxlength="6" required autofocus {described if problem else 'aria-describedby="code-hint"'}>
<button class="primary">{_t("confirm", lang)}</button>"""
    body = (
        f"<p>{_t('second_purpose', lang)}</p>{_error(problem, lang)}"
        + _form(flow, fields, label=_t("second_title", lang))
        + _footer(flow)
    )
    status = 200 if problem is None else (429 if problem == "too_many" else 401)
    target = _origin(flow.redirect_uri)
    return _page(city, lang, _t("second_title", lang), body, target=target, status=status)


def problem_page(city: City, lang: Lang, key: str, status: int = 400) -> web.Response:
    """A sign-in that cannot go on, and cannot safely be sent back to where it came from."""
    body = f'<p class="error" role="alert">{_t(key, lang)}</p>'
    return _page(city, lang, _t("problem_title", lang), body, target="", status=status)
