"""Cards as plain text: for Rasa clients, SMS, screen-reader previews and the agent's transcript.

One function per card type; input is the card's JSON dictionary, output is readable text in the
card's language. Nothing is left out that a resident would act on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.i18n import Lang, text

Data = dict[str, Any]


def _lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)


def _answer(card: Data, lang: Lang) -> str:
    lines = [f"{card['name'][lang]} ({card['code']})", card["headline"], card.get("jurisdiction")]
    for row in card["comparison"]:
        none = text("flat.not_handled", lang)
        left, right = row["shenzhen"] or none, row["dongguan"] or none
        if row["differs"]:
            marked = text("flat.differs", lang, label=row["label"])
            lines.append(text("flat.two_cities", lang, label=marked, sz=left, dg=right))
        else:
            lines.append(text("flat.same", lang, label=row["label"], value=left))
    if not card["comparison"]:
        lines += [f"- {claim['text']}" for claim in card["claims"]]
    if card["materials"]:
        lines.append(text("flat.materials", lang))
        for item in card["materials"]:
            need = text(f"need.{item['need']}", lang)
            note = f" – {item['note']}" if item["note"] else ""
            lines.append(f"- {item['name']} [{need}]{note}")
    sources = list(dict.fromkeys(claim["source"]["title"] for claim in card["claims"]))
    lines.append(text("flat.source", lang, sources="; ".join(sources) or "-", as_of=card["as_of"]))
    lines.append(card.get("disclaimer"))
    return _lines(*lines)


def _choices(card: Data, lang: Lang) -> str:
    del lang
    numbered = [f"{i}. {c['title']}" for i, c in enumerate(card["choices"], 1)]
    return _lines(card["prompt"], *numbered)


def _account(card: Data, lang: Lang) -> str:
    lines = [f"{card['title']} – {card['holder']}"]
    for side in card["sides"]:
        city = text(f"city.{side['city']}", lang)
        values = [f"{f['label']}: {f['value']}" for f in side["fields"]]
        body = "; ".join(filter(None, [side["headline"], side["message"], *values]))
        as_of = text("flat.as_of", lang, as_of=side["as_of"]) if side["as_of"] else ""
        lines.append(f"{city}: {body}{as_of}")
    return _lines(*lines, card.get("note"))


def _sign_in(card: Data, lang: Lang) -> str:
    del lang
    return _lines(card["prompt"], *[f"- {o['title']}: {o['url']}" for o in card["options"]])


def _form(card: Data, lang: Lang) -> str:
    del lang
    lines = [card["title"]]
    for field in card["fields"]:
        hint = f" ({field['hint']})" if field["hint"] else ""
        lines.append(f"{field['label']}{hint}")
        lines += [f"{i}. {c['title']}" for i, c in enumerate(field["choices"], 1)]
    return _lines(*lines)


def _checklist(card: Data, lang: Lang) -> str:
    items = [f"[ ] {i['text']}" + (f" – {i['note']}" if i["note"] else "") for i in card["items"]]
    return _lines(card["title"], *items, text("flat.as_of", lang, as_of=card["as_of"]).strip())


def _handoff(card: Data, lang: Lang) -> str:
    lines = [card["prompt"]]
    if card["position"] is not None:
        lines.append(text("flat.position", lang, position=card["position"]))
    if card["wait_s"] is not None and card["state"] in ("offer", "queued"):
        lines.append(text("flat.wait", lang, minutes=max(1, round(card["wait_s"] / 60))))
    lines.append(text("flat.hotline", lang, hotline=card["hotline"]))
    return _lines(*lines)


def _notice(card: Data, lang: Lang) -> str:
    del lang
    return _lines(card["title"], card["text"])


def _rating(card: Data, lang: Lang) -> str:
    del lang
    return _lines(card["summary"], card["prompt"])


_BY_TYPE: dict[str, Callable[[Data, Lang], str]] = {
    "answer": _answer,
    "choices": _choices,
    "account": _account,
    "sign_in": _sign_in,
    "form": _form,
    "checklist": _checklist,
    "handoff": _handoff,
    "notice": _notice,
    "rating": _rating,
}


def flatten_card(card: Data) -> str:
    """Plain text of a card dictionary of any type in the union."""
    return _BY_TYPE[card["type"]](card, card["lang"])
