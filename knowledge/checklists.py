"""Lists to tick and keep, made of the cards that were shown. Pure."""

from __future__ import annotations

from core.cards import AnswerCard, BundleCard, ChecklistCard, ChecklistItem
from core.i18n import text
from knowledge.facts import city_name, join


def item_checklist(card: AnswerCard) -> ChecklistCard:
    """The documents of an answer."""
    lang = card.lang
    items: list[ChecklistItem] = []
    for material in card.materials:
        notes = [] if material.need == "required" else [text(f"need.{material.need}", lang)]
        if material.note:
            notes.append(material.note)
        if material.copies:
            notes.append(text("knowledge.copies", lang, count=material.copies))
        notes += material.tags
        if material.hint:
            notes.append(material.hint)
        if card.city == "both" and material.city != "both":
            notes.insert(0, city_name(material.city, lang))
        items.append(
            ChecklistItem(
                id=f"{material.id}.{len(items)}", text=material.name, note=" · ".join(notes)
            )
        )
    return ChecklistCard(
        lang=lang,
        title=text("knowledge.checklist", lang, name=card.name.in_(lang)),
        code=card.code,
        items=items,
        as_of=card.as_of,
        list_version=card.list_version,
    )


def bundle_checklist(card: BundleCard) -> ChecklistCard:
    """The merged documents of a life event."""
    lang = card.lang
    items: list[ChecklistItem] = []
    for document in card.documents:
        numbers = join([str(number) for number in document.steps], lang, listing=True)
        notes = [text("knowledge.step_numbers", lang, list=numbers)]
        if document.need != "required":
            notes.append(text(f"need.{document.need}", lang))
        if document.copies:
            notes.append(text("knowledge.copies", lang, count=document.copies))
        if document.note:
            notes.append(document.note)
        items.append(ChecklistItem(id=document.id, text=document.name, note=" · ".join(notes)))
    return ChecklistCard(
        lang=lang,
        title=text("knowledge.bundle_checklist", lang, name=card.name.in_(lang)),
        code=card.id,
        items=items,
        as_of=card.as_of,
        list_version=card.list_version,
    )
