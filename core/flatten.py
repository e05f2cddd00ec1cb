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


def _material(item: Data, lang: Lang) -> str:
    need = text(f"need.{item['need']}", lang)
    notes = [item["note"], *item.get("tags", []), item.get("hint", "")]
    if url := item.get("form_url"):
        notes.append(text("flat.form", lang, url=url))
    remarks = " · ".join(note for note in notes if note)
    return f"- {item['name']} [{need}]" + (f" – {remarks}" if remarks else "")


def _answer(card: Data, lang: Lang) -> str:
    lines = [f"{card['name'][lang]} ({card['code']})", card["headline"], card.get("jurisdiction")]
    lines += [f"! {change['text']}" for change in card.get("changes", [])]
    lines.append(" · ".join(card.get("marks", [])))
    for row in card["comparison"]:
        none = text("flat.not_handled", lang)
        left, right = row["shenzhen"] or none, row["dongguan"] or none
        if row["differs"]:
            marked = text("flat.differs", lang, label=row["label"])
            lines.append(text("flat.two_cities", lang, label=marked, sz=left, dg=right))
        elif left != right:  # the same in each, of each city's own office
            lines.append(text("flat.two_cities", lang, label=row["label"], sz=left, dg=right))
        else:
            lines.append(text("flat.same", lang, label=row["label"], value=left))
    if not card["comparison"]:
        lines += [f"- {claim['text']}" for claim in card["claims"]]
    if card["materials"]:
        lines.append(text("flat.materials", lang))
        lines += [_material(item, lang) for item in card["materials"]]
    if card.get("result"):
        lines.append(text("flat.result", lang, result=card["result"]))
    if faqs := card.get("faqs"):
        lines.append(text("flat.faqs", lang))
        lines += [f"- {faq['question']} {faq['answer']}" for faq in faqs]
    if phones := card.get("phones"):
        lines.append(text("flat.phone", lang, list=", ".join(phones)))
    cited = [*card["claims"], *card.get("faqs", []), *card.get("changes", [])]
    sources = list(dict.fromkeys(claim["source"]["title"] for claim in cited))
    lines.append(text("flat.source", lang, sources="; ".join(sources) or "-", as_of=card["as_of"]))
    lines.append(card.get("disclaimer"))
    return _lines(*lines)


def _compare(card: Data, lang: Lang) -> str:
    lines = [card["title"], card["headline"], card.get("jurisdiction")]
    titles = [column["title"] for column in card["columns"]]
    none = text("knowledge.not_stated", lang)
    for row in card["rows"]:
        texts = [cell["text"] or none for cell in row["cells"]]
        if row["differs"] or len(set(texts)) > 1:
            key = "flat.differs_things" if row["differs"] else "flat.both_things"
            label = text(key, lang, label=row["label"])
            cells = "; ".join(
                text("knowledge.named", lang, name=title, value=words)
                for title, words in zip(titles, texts, strict=True)
            )
        else:
            label, cells = text("flat.same_marked", lang, label=row["label"]), texts[0]
        lines.append(text("flat.compare_row", lang, label=label, cells=cells))
    cells_of = [cell for row in card["rows"] for cell in row["cells"]]
    sources = dict.fromkeys(source["title"] for cell in cells_of for source in cell["sources"])
    lines.append(text("flat.source", lang, sources="; ".join(sources) or "-", as_of=card["as_of"]))
    return _lines(*lines, card.get("disclaimer"))


def _bundle(card: Data, lang: Lang) -> str:
    lines = [f"{card['name'][lang]} ({card['id']})", card["summary"]]
    lines += [f"? {ask['text']}" for ask in card["questions"] if ask["answer"] is None]
    for step in card["steps"]:
        name = text(
            "flat.step", lang, number=step["number"], name=f"{step['name']} ({step['code']})"
        )
        who = text("flat.who", lang, who=step["who"]) if step["who"] else ""
        optional = text("flat.optional", lang) if step["optional"] else ""
        notes = [optional, step["condition"], step["where"], step["time"], who, step["note"]]
        lines.append(" · ".join([name, *(note for note in notes if note)]))
    if card["documents"]:
        lines.append(text("flat.documents_once", lang))
        for item in card["documents"]:
            numbers = ", ".join(str(number) for number in item["steps"])
            used = text("knowledge.step_numbers", lang, list=numbers)
            need = text(f"need.{item['need']}", lang)
            note = f" · {item['note']}" if item["note"] else ""
            lines.append(f"- {item['name']} [{need}] {used}{note}")
    if card["shared_fields"]:
        lines.append(text("flat.fields", lang, list=", ".join(card["shared_fields"])))
    lines.append(card.get("total"))
    source = card["source"]["title"]
    lines.append(text("flat.source", lang, sources=source, as_of=card["as_of"]))
    return _lines(*lines, card.get("disclaimer"))


def _centres(card: Data, lang: Lang) -> str:
    lines = [card["title"]]
    for centre in card["centres"]:
        state = None
        if centre["open"] is not None:
            state = text("flat.open" if centre["open"] else "flat.closed", lang)
        away = None
        if centre["distance_m"] is not None:
            away = text("flat.distance", lang, km=f"{centre['distance_m'] / 1000:.1f}")
        head = " · ".join(part for part in (centre["name"], state, away) if part)
        lines.append(f"- {head}")
        lines.append(
            f"  {centre['address']}" + (f" ({centre['transit']})" if centre["transit"] else "")
        )
        lines.append("  " + "; ".join(centre["hours"]))
        for key in ("windows", "terminals", "access", "phone"):
            values = centre[{"access": "accessibility", "phone": "phones"}.get(key, key)]
            if values:
                lines.append("  " + text(f"flat.{key}", lang, list=", ".join(values)))
    if card["total"] > len(card["centres"]):
        lines.append(text("flat.more_centres", lang, total=card["total"]))
    lines.append(card["note"])
    sources = dict.fromkeys(centre["source"]["title"] for centre in card["centres"])
    lines.append(text("flat.source", lang, sources="; ".join(sources), as_of=card["as_of"]))
    return _lines(*lines, card.get("disclaimer"))


def _choices(card: Data, lang: Lang) -> str:
    if card.get("aside"):  # no numbers: those are for the question that may follow
        titles = ("、" if lang == "zh" else ", ").join(c["title"] for c in card["choices"])
        return f"{card['prompt']}{titles}" if lang == "zh" else f"{card['prompt']} {titles}"
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
    "compare": _compare,
    "bundle": _bundle,
    "centres": _centres,
}


def flatten_card(card: Data) -> str:
    """Plain text of a card dictionary of any type in the union."""
    return _BY_TYPE[card["type"]](card, card["lang"])
