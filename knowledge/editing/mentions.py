"""What else changes when an item leaves the list at once: whatever names it no longer does. Pure.

Nothing may be said that was not: a step goes with its note, a counter for this item alone goes (without
items it would be for its whole field), and what has nothing left, a plan without steps or an offer of
nothing, leaves the list as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.catalogue import Catalogue, Record, key_of
from knowledge.editing.store import RecordId
from knowledge.model import Bundle, Centre, DoorToDoorOffer, ServiceItem


def without(catalogue: Catalogue, code: str) -> dict[RecordId, Record | None]:
    """The records that name the item `code`, as they are without it; None: they leave the list."""
    found: dict[RecordId, Record | None] = {}
    for item in _others(catalogue, code):
        found["item", item.item_id] = item.model_copy(update={"related": _rest(item.related, code)})
    for bundle in catalogue.bundles.values():
        if code in {step.item for step in bundle.steps}:
            found["bundle", bundle.id] = _bundle(bundle, code, catalogue)
    for offer in catalogue.door_offers.values():
        if code in offer.items:
            found["door_offer", offer.id] = _offer(offer, code)
    for centre in catalogue.centres.values():
        listed = [*(w.items for w in centre.windows), *(t.items for t in centre.terminals)]
        if any(code in codes for codes in listed):
            found["centre", centre.id] = _centre(centre, code)
    return found


def _others(catalogue: Catalogue, code: str) -> Iterator[ServiceItem]:
    for item in catalogue.items.values():
        if code in item.related and key_of(item) != code:
            yield item


def _rest(codes: list[str], code: str) -> list[str]:
    return [other for other in codes if other != code]


def _bundle(bundle: Bundle, code: str, catalogue: Catalogue) -> Bundle | None:
    """What came after the step comes after what the step came after; a question that decides nothing
    else goes, and so does a document that no other step asks for."""
    before = next(step.after for step in bundle.steps if step.item == code)
    left = [step for step in bundle.steps if step.item != code]
    asked = {step.item: _materials(catalogue, step.item) for step in left}
    steps = [
        step.model_copy(
            update={
                "after": _instead(step.after, code, before),
                "gives": _kept(step.gives, (asked[c] for c in asked if c != step.item)),
            }
        )
        for step in left
    ]
    questions = [
        question.model_copy(
            update={"items": _rest(question.items, code), "skips": _rest(question.skips, code)}
        )
        for question in bundle.questions
        if {*question.items, *question.skips} != {code}
    ]
    shared = [
        document.model_copy(update={"materials": names})
        for document in bundle.shared_materials
        if (names := _kept(document.materials, asked.values()))
    ]
    changed = {"steps": steps, "questions": questions, "shared_materials": shared}
    return bundle.model_copy(update=changed) if steps else None


def _materials(catalogue: Catalogue, code: str) -> set[str]:
    item = catalogue.items.get(code)
    variants = (item.common, *item.cities.values()) if item is not None else ()
    return {material.id for variant in variants if variant for material in variant.materials}


def _kept(names: list[str], asked: Iterable[set[str]]) -> list[str]:
    """Those of `names` that somebody asks for."""
    known = set().union(*asked)
    return [name for name in names if name in known]


def _instead(after: list[str], code: str, before: list[str]) -> list[str]:
    if code not in after:
        return after
    return list(dict.fromkeys([*_rest(after, code), *before]))


def _offer(offer: DoorToDoorOffer, code: str) -> DoorToDoorOffer | None:
    items = _rest(offer.items, code)
    return offer.model_copy(update={"items": items}) if items else None


def _centre(centre: Centre, code: str) -> Centre | None:
    windows = [
        window.model_copy(update={"items": _rest(window.items, code)})
        for window in centre.windows
        if window.items != [code]
    ]
    terminals = [
        terminal.model_copy(update={"items": _rest(terminal.items, code)})
        for terminal in centre.terminals
    ]
    if not windows and not terminals:
        return None
    return centre.model_copy(update={"windows": windows, "terminals": terminals})
