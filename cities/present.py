"""Answers of both cities as account cards: masked, formatted, side by side.

It decides what of a record is shown and how. It never adds the two cities' figures up, never shows a
full number, and never leaves a city out in silence: one that is down says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeVar

from cities.months import Month, Span
from cities.ports import (
    AccountResult,
    CaseProgress,
    HousingFundAccount,
    SchemeRecord,
    SocialCard,
    SocialSecurityRecord,
)
from core.cards import CITIES, AccountCard, AccountField, AccountSide, City
from core.clock import CITY_TZ
from core.i18n import Lang, text
from core.identity import Identity

T = TypeVar("T")
Results = Mapping[City, AccountResult[T]]
Kind = Literal["housing_fund", "social_security", "social_card", "case"]
Shown = tuple[str, list[AccountField]]
MAX_CASES = 5
"""Cases listed on a card, newest first; how many more there are is said."""


def money(amount: Decimal) -> str:
    """`¥12,345.67`; the sign before the currency."""
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'-' if rounded < 0 else ''}¥{abs(rounded):,.2f}"


def masked(number: str, keep: int = 4) -> str:
    """The last `keep` characters behind four stars; nothing at all of a number that is too short."""
    return f"****{number[-keep:]}" if len(number) >= keep * 2 else "****"


def percent(ratio: Decimal) -> str:
    """0.05 → `5%`, 0.125 → `12.5%`."""
    value = (ratio * 100).normalize()
    return f"{value:f}%"


def local_time(moment: dt.datetime) -> str:
    """ISO date-time to the minute in the cities' time zone, e.g. `2026-11-23T10:00+08:00`."""
    return moment.astimezone(CITY_TZ).isoformat(timespec="minutes")


def housing_fund_card(
    results: Results[HousingFundAccount], identity: Identity, lang: Lang
) -> AccountCard:
    """Housing fund balances of both cities."""
    return _card("housing_fund", results, identity, lang, _fund)


def social_security_card(
    results: Results[SocialSecurityRecord], identity: Identity, lang: Lang
) -> AccountCard:
    """Social insurance records of both cities; the months are never added up."""
    return _card("social_security", results, identity, lang, _insured)


def social_card_card(results: Results[SocialCard], identity: Identity, lang: Lang) -> AccountCard:
    """Social security card, or the running application, in both cities."""
    return _card("social_card", results, identity, lang, _social_card)


def case_card(
    results: Results[tuple[CaseProgress, ...]], identity: Identity | None, lang: Lang
) -> AccountCard:
    """Progress of applications. Without an identity (asked by number) the holder is not named."""
    return _card("case", results, identity, lang, _cases)


def _card(
    kind: Kind,
    results: Results[T],
    identity: Identity | None,
    lang: Lang,
    show: Callable[[T, Lang], Shown],
) -> AccountCard:
    sides = [_side(kind, results[city], lang, show) for city in CITIES if city in results]
    failed = any(side.state == "unavailable" for side in sides)
    answered = sum(side.state == "ok" for side in sides)
    note: list[str] = []
    if answered == 2 and kind in ("housing_fund", "social_security"):
        note.append(text(f"cities.note.{kind}", lang))
    if failed:
        note.append(text("cities.note.partial" if answered else "cities.note.hotline", lang))
    return AccountCard(
        lang=lang,
        kind=kind,
        title=text(f"cities.title.{kind}", lang),
        holder=identity.name if identity else text("cities.holder_by_number", lang),
        sides=sides,
        note=(" " if lang == "en" else "").join(note) or None,
    )


def _side(
    kind: Kind, result: AccountResult[T], lang: Lang, show: Callable[[T, Lang], Shown]
) -> AccountSide:
    city = text(f"city.{result.city}", lang)
    as_of = local_time(result.as_of) if result.as_of else None
    if result.state == "ok" and result.value is not None:
        headline, fields = show(result.value, lang)
        return AccountSide(
            city=result.city, state="ok", headline=headline, fields=fields, as_of=as_of
        )
    if result.state == "no_account":
        message = text(f"cities.none.{kind}", lang, city=city)
        return AccountSide(city=result.city, state="no_account", as_of=as_of, message=message)
    reason = "refused" if result.reason in ("refused", "not_configured") else "down"
    message = text(f"cities.unavailable.{reason}", lang, city=city)
    return AccountSide(city=result.city, state="unavailable", message=message)


def _field(key: str, value: str, lang: Lang) -> AccountField:
    return AccountField(label=text(f"cities.label.{key}", lang), value=value)


def _fund(account: HousingFundAccount, lang: Lang) -> Shown:
    fields = [
        _field("status", text(f"cities.fund.{account.status}", lang), lang),
        _field("account", masked(account.account_no), lang),
        _field("withdrawable", money(account.withdrawable), lang),
    ]
    if account.status == "active":
        ratios = text(
            "cities.fund.ratios",
            lang,
            employer=percent(account.employer_ratio),
            personal=percent(account.personal_ratio),
        )
        fields += [
            _field("monthly", money(account.monthly_deposit), lang),
            _field("base", money(account.base), lang),
            _field("ratios", ratios, lang),
        ]
    if account.deposits:
        last = account.deposits[0]
        value = text(
            "cities.fund.last", lang, month=month_text(last.month, lang), amount=money(last.amount)
        )
        fields.append(_field("last_deposit", value, lang))
    if account.bound_card:
        fields.append(_field("bound_card", masked(account.bound_card), lang))
    return text("cities.fund.headline", lang, amount=money(account.balance)), fields


def month_text(month: Month, lang: Lang) -> str:
    """`2026年10月` / `2026-10`."""
    return f"{month.year}年{month.month}月" if lang == "zh" else str(month)


def _span_text(span: Span, lang: Lang) -> str:
    start, through = month_text(span.start, lang), month_text(span.through, lang)
    months = text("cities.months", lang, count=span.months)
    return f"{start} ({months})" if span.months == 1 else f"{start} – {through} ({months})"


def _insured(record: SocialSecurityRecord, lang: Lang) -> Shown:
    status = text(f"cities.insured.{record.status}", lang)
    fields = [_field("status", status, lang), _field("social_no", masked(record.number), lang)]
    if record.base:
        fields.append(_field("insured_base", money(record.base), lang))
    together = len({scheme.gaps for scheme in record.schemes}) == 1
    for scheme in record.schemes:
        label = text(f"cities.scheme.{scheme.scheme}", lang)
        fields.append(AccountField(label=label, value=_scheme(scheme, lang, gaps=not together)))
    if together:
        fields.append(_field("gaps", _gaps(record.schemes[0], lang), lang))
    if not record.schemes:
        return status, fields
    first = next((s for s in record.schemes if s.scheme == "pension"), record.schemes[0])
    headline = text(
        "cities.insured.headline",
        lang,
        scheme=text(f"cities.scheme.{first.scheme}", lang),
        months=text("cities.months", lang, count=first.months),
    )
    return headline, fields


def _scheme(scheme: SchemeRecord, lang: Lang, *, gaps: bool) -> str:
    parts = [
        text("cities.months", lang, count=scheme.months),
        text(f"cities.insured.{scheme.status}", lang),
    ]
    if scheme.through is not None:
        parts.append(text("cities.insured.through", lang, month=month_text(scheme.through, lang)))
    if gaps:
        parts.append(text("cities.insured.gaps", lang, gaps=_gaps(scheme, lang)))
    return " · ".join(parts)


def _gaps(scheme: SchemeRecord, lang: Lang) -> str:
    """The last three gaps, and how many there are if more."""
    if not scheme.gaps:
        return text("cities.insured.no_gaps", lang)
    shown = ("；" if lang == "zh" else "; ").join(_span_text(gap, lang) for gap in scheme.gaps[-3:])
    if len(scheme.gaps) <= 3:
        return shown
    return text("cities.insured.gaps_more", lang, gaps=shown, count=len(scheme.gaps))


def _hold_fields(hold: str | None, lang: Lang) -> list[AccountField]:
    if hold is None:
        return []
    return [
        _field("hold", text(f"cities.hold.{hold}", lang), lang),
        _field("fix", text(f"cities.fix.{hold}", lang), lang),
    ]


def _social_card(card: SocialCard, lang: Lang) -> Shown:
    fields = _hold_fields(card.hold, lang)
    if card.card_no:
        fields.append(_field("card_no", masked(card.card_no), lang))
    fields += [
        _field("application_no", masked(card.application_no), lang),
        _field("bank", card.bank, lang),
        _field("delivery", text(f"cities.delivery.{card.delivery}", lang), lang),
    ]
    timeline = " → ".join(
        f"{text(f'cities.card.{step.state}', lang)} {step.on.isoformat()}" for step in card.steps
    )
    fields.append(_field("timeline", timeline, lang))
    return text(f"cities.card.{card.state}", lang), fields


def _cases(cases: tuple[CaseProgress, ...], lang: Lang) -> Shown:
    fields: list[AccountField] = []
    for case in cases[:MAX_CASES]:
        fields.append(AccountField(label=case.title.in_(lang), value=_case(case, lang)))
        fields += _hold_fields(case.hold, lang)
    if len(cases) > MAX_CASES:
        more = text("cities.case.more", lang, count=len(cases) - MAX_CASES)
        fields.append(_field("more", more, lang))
    running = sum(case.state not in ("issued", "withdrawn") for case in cases)
    if len(cases) == 1:
        return text(f"cities.case.{cases[0].state}", lang), fields
    return text("cities.case.headline", lang, count=len(cases), running=running), fields


def _case(case: CaseProgress, lang: Lang) -> str:
    parts = [
        text(f"cities.case.{case.state}", lang),
        text("cities.case.number", lang, number=masked(case.case_no, 8)),
        text("cities.case.received_on", lang, day=case.received_on.isoformat()),
    ]
    if case.state not in ("issued", "withdrawn"):
        parts += [
            text("cities.case.promised", lang, day=case.promised_on.isoformat()),
            text("cities.case.office", lang, office=case.office.in_(lang)),
        ]
    return " · ".join(parts)
