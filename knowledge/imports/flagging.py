"""Flag for Shen-Guan handling: open the drafts a record of the province leads to, and note it there."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import NotFound
from knowledge.catalogue import Kind
from knowledge.editing.model import Body, Draft, Editor
from knowledge.editing.register import Register
from knowledge.imports.drafts import next_code
from knowledge.imports.service import Imports


async def flag_for_list(
    imports: Imports,
    register: Register,
    codes: str | Sequence[str],
    *,
    domain: str,
    who: Editor,
    why: str,
) -> Draft:
    """Open the draft of a new item from imported records, and of the source it quotes if the list does
    not have it yet. Returns the item's draft. Raises `NotFound`, `InvalidInput`, `DraftExists`.
    """
    catalogue = await register.catalogue()
    first = codes if isinstance(codes, str) else codes[0] if codes else ""
    drafts = await register.drafts()
    source = await imports.source_of(first)
    waiting = {draft.key for draft in drafts if draft.kind == "source"}
    known = {
        material.name.zh: material.id
        for item in catalogue.items.values()
        for variant in (item.common, *item.cities.values())
        if variant is not None
        for material in variant.materials
    }
    taken = {*catalogue.items, *(draft.key for draft in drafts if draft.kind == "item")}
    taken |= await _withdrawn(register, domain, taken)
    body = await imports.draft_of(codes, domain=domain, taken=taken, materials=known)
    wanted: list[tuple[Kind, str, Body]] = [("item", body["item_id"], body)]
    if source["id"] not in catalogue.sources and source["id"] not in waiting:
        wanted.append(("source", source["id"], source))
    draft, *_ = await register.open_drafts(wanted, who, why)
    await imports.flag(codes, draft.key, who=who.name)
    return draft


async def _withdrawn(register: Register, domain: str, taken: set[str]) -> set[str]:
    """Codes after those in use that once were published: a code is never used twice."""
    found: set[str] = set()
    while True:
        code = next_code(domain, taken | found)
        try:
            await register.history("item", code)
        except NotFound:
            return found
        found.add(code)
