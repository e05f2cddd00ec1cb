"""From a reviewed pair to the list: the wording goes into a draft of its item, reviewed like any edit.

Nothing learns from residents without two people: one accepts the pair, another approves the draft.
"""

from __future__ import annotations

import re
from typing import Protocol

from core.errors import InvalidInput
from core.i18n import Lang
from knowledge.catalogue import Kind
from knowledge.editing.model import Body, Draft, Editor
from knowledge.learning.log import LearningLog
from knowledge.text import squash, understand

_PLACEHOLDER = re.compile(r"‹\w+›")
MAX_ZH, MAX_EN = 40, 120


class Desk(Protocol):
    """The part of `knowledge.editing.register.Register` that teaching uses."""

    async def record(self, kind: Kind, key: str) -> tuple[int, Body]:
        """(revision, body) of the published record."""
        ...

    async def drafts(self) -> list[Draft]:
        """Open drafts."""
        ...

    async def open_draft(
        self, kind: Kind, key: str, who: Editor, why: str, body: Body | None = None
    ) -> Draft:
        """Begin a draft."""
        ...

    async def save_draft(
        self, draft_id: str, version: int, body: Body, who: Editor, why: str
    ) -> Draft:
        """Save a draft."""
        ...


def with_wording(body: Body, text: str, lang: Lang) -> Body | None:
    """The item's body with one more everyday wording; None when it has it already."""
    words = _PLACEHOLDER.sub("", text).strip(" ，,。.？?！!")
    limit = MAX_EN if lang == "en" else MAX_ZH
    if not squash(words) or len(words) > limit:
        raise InvalidInput("learning_wording", details={"field": "text"})
    column = "en" if lang == "en" else "yue" if understand(words).cantonese else "zh"
    parts = [body["aliases"], body["colloquial"], body["questions"]]
    parts += [faq.get("said", {}) for faq in body["faqs"]]
    known = {squash(wording) for part in parts for wording in part.get(column, ())}
    if squash(words) in known:
        return None
    spoken = {**body["colloquial"], column: [*body["colloquial"][column], words]}
    return {**body, "colloquial": spoken}


async def add_wording(
    desk: Desk, code: str, text: str, lang: Lang, who: Editor, why: str
) -> Draft | None:
    """Put a wording into the open draft of an item, or into a new one. None when the item has it
    already. Raises `InvalidInput`, and what opening or saving a draft raises."""
    draft = next((d for d in await desk.drafts() if (d.kind, d.key) == ("item", code)), None)
    body = draft.body if draft is not None else (await desk.record("item", code))[1]
    if body is None:
        raise InvalidInput("learning_withdrawn", details={"code": code})
    changed = with_wording(body, text, lang)
    if changed is None:
        return None
    if draft is None:
        return await desk.open_draft("item", code, who, why, changed)
    return await desk.save_draft(draft.id, draft.version, changed, who, why)


async def accept(log: LearningLog, desk: Desk, pair_id: str, who: Editor, why: str) -> Draft | None:
    """Accept a pair: its wording goes where `add_wording` puts it. Raises `NotFound` besides."""
    pair = await log.pair(pair_id)
    made = await add_wording(desk, pair.code, pair.text, pair.lang, who, why)
    await log.review_pair(pair_id, "accepted", who.name)
    return made
