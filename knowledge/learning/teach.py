"""From a reviewed pair to the list: the wording goes into a draft of its item, reviewed like any edit.

Nothing learns from residents without two people: one accepts the pair, another approves the draft. A pair stays
accepted only as long as its wording stands in the open draft or in the list; else it returns to the queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Protocol

from core.errors import Conflict, InvalidInput, NotFound
from core.i18n import Lang
from knowledge.catalogue import Kind
from knowledge.editing.drafts import reason
from knowledge.editing.model import SYSTEM, Body, Draft, DraftState, Editor
from knowledge.learning.log import LearningLog, Pair
from knowledge.learning.scrub import bare, doubtful, personal, scrub
from knowledge.text import squash, understand

MAX_ZH, MAX_EN = 40, 120
Standing = Literal["confirmed", "waiting", "gone"]
"""The wording of a pair: agreed to by a second person · in a draft that waits for one · in neither."""


class Desk(Protocol):
    """The part of `knowledge.editing.register.Register` that teaching uses."""

    async def record(self, kind: Kind, key: str) -> tuple[int, Body]:
        """(revision, body) of the published record."""
        ...

    async def drafts(
        self, state: DraftState | None = None, kind: Kind | None = None, limit: int = 500
    ) -> list[Draft]:
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


class Accepted(Conflict):
    """Somebody accepted the pair already, and its wording stands; `details.draft` is the draft that has it."""

    code = "learning_accepted"
    retryable = False


class Rejected(Conflict):
    """Somebody rejected the pair already."""

    code = "learning_rejected"
    retryable = False


def wording(text: str, lang: Lang) -> str:
    """What goes into the list of a resident's words: scrubbed again, without placeholders. Raises
    `InvalidInput` where nothing is left or too much."""
    words = bare(scrub(text) or "")
    if not squash(words) or len(words) > (MAX_EN if lang == "en" else MAX_ZH):
        raise InvalidInput("learning_wording", details={"field": "text"})
    return words


def check_typed(text: str, sure: bool) -> None:
    """Raises `InvalidInput` for a wording that an editor typed with something personal in it, and for one
    that only may have, unless he is `sure` that it has not."""
    if personal(text):
        raise InvalidInput("learning_personal", details={"field": "text"})
    _check_doubts(text, sure)


def _check_doubts(text: str, sure: bool) -> None:
    if not sure and doubtful(text):
        raise InvalidInput("learning_doubtful", details={"field": "text"})


def _dicts(body: Body, *names: str) -> list[dict[str, Any]]:
    """The parts of a record that are objects; a draft may be any JSON."""
    return [part for part in (body.get(name) for name in names) if isinstance(part, dict)]


def _known(body: Body | None) -> set[str]:
    """The wordings of an item, squashed."""
    if body is None:
        return set()
    parts = _dicts(body, "aliases", "colloquial", "questions")
    faqs = body.get("faqs")
    for faq in faqs if isinstance(faqs, list) else []:
        parts += _dicts(faq, "said") if isinstance(faq, dict) else []
    columns = [column for part in parts for column in part.values() if isinstance(column, list)]
    return {squash(str(said)) for column in columns for said in column}


def with_wording(body: Body, text: str, lang: Lang) -> Body | None:
    """The item's body with one more everyday wording; None when it has it already."""
    words = wording(text, lang)
    if squash(words) in _known(body):
        return None
    column = "en" if lang == "en" else "yue" if understand(words).cantonese else "zh"
    spoken: dict[str, Any] = dict(*_dicts(body, "colloquial"))
    said = spoken.get(column)
    kept = said if isinstance(said, list) else []
    return {**body, "colloquial": {**spoken, column: [*kept, words]}}


async def _open_drafts(desk: Desk) -> dict[str, Draft]:
    """The open drafts of items, by code."""
    return {draft.key: draft for draft in await desk.drafts(None, "item", 100_000)}


async def add_wording(
    desk: Desk, code: str, text: str, lang: Lang, who: Editor, why: str
) -> Draft | None:
    """Put a wording into the open draft of an item, or into a new one. None when the item has it
    already. Raises `InvalidInput`, and what opening or saving a draft raises."""
    draft = (await _open_drafts(desk)).get(code)
    body = draft.body if draft is not None else (await desk.record("item", code))[1]
    if body is None:
        raise InvalidInput("learning_withdrawn", details={"code": code})
    changed = with_wording(body, text, lang)
    if changed is None:
        return None
    if draft is None:
        return await desk.open_draft("item", code, who, why, changed)
    return await desk.save_draft(draft.id, draft.version, changed, who, why)


async def standings(desk: Desk, pairs: Iterable[Pair]) -> dict[str, Standing]:
    """Where the wording of each pair stands, by its id."""
    chosen = list(pairs)
    codes = {pair.code for pair in chosen}
    drafts = await _open_drafts(desk) if chosen else {}
    drafts = {code: draft for code, draft in drafts.items() if code in codes}
    drafted = {code: _known(draft.body) for code, draft in drafts.items()}
    published = {code: _known(await _published(desk, code)) for code in codes}
    out: dict[str, Standing] = {}
    for pair in chosen:
        words = squash(bare(pair.text))
        if words in published[pair.code]:
            out[pair.id] = "confirmed"
        elif words in drafted.get(pair.code, ()):
            approved = drafts[pair.code].state == "approved"
            out[pair.id] = "confirmed" if approved else "waiting"
        else:
            out[pair.id] = "gone"
    return out


async def _published(desk: Desk, code: str) -> Body | None:
    try:
        return (await desk.record("item", code))[1]
    except NotFound:
        return None


async def accepted(log: LearningLog, desk: Desk) -> list[tuple[Pair, Standing]]:
    """Accepted pairs whose wording stands, with where. Those whose draft was discarded, or published
    without it, go back into the queue."""
    found = await log.pairs("accepted", limit=100_000)
    where = await standings(desk, found)
    gone = [pair for pair in found if where[pair.id] == "gone"]
    if gone:
        await log.return_pairs(gone, SYSTEM)
    return [(pair, where[pair.id]) for pair in found if where[pair.id] != "gone"]


async def _undecided(log: LearningLog, desk: Desk, pair_id: str) -> Pair:
    """A pair to decide on; raises `NotFound`, `Accepted`, `Rejected`."""
    pair = await log.pair(pair_id)
    if pair.state == "accepted" and (await standings(desk, [pair]))[pair.id] != "gone":
        draft = (await _open_drafts(desk)).get(pair.code)
        details = {"pair": pair.id, "draft": draft.id if draft else None}
        raise Accepted(details=details, by=pair.reviewed_by, item=pair.code)
    if pair.state == "rejected":
        raise Rejected(details={"pair": pair.id}, by=pair.reviewed_by, why=pair.why or "-")
    return pair


async def accept(
    log: LearningLog, desk: Desk, pair_id: str, who: Editor, why: str, sure: bool = False
) -> Draft | None:
    """Accept a pair: its wording goes where `add_wording` puts it. One that may have something personal
    in it is refused (`InvalidInput`) unless `who` is `sure`. Raises `NotFound`, `Accepted`, `Rejected`,
    `Conflict` besides."""
    pair = await _undecided(log, desk, pair_id)
    _check_doubts(wording(pair.text, pair.lang), sure)
    made = await add_wording(desk, pair.code, pair.text, pair.lang, who, why)
    await log.review_pair(pair, "accepted", who, reason(why), made.id if made else None)
    return made


async def reject(log: LearningLog, desk: Desk, pair_id: str, who: Editor, why: str) -> Pair:
    """Reject a pair that nobody has decided on; raises `NotFound`, `Accepted`, `Rejected`, `Conflict`."""
    pair = await _undecided(log, desk, pair_id)
    return await log.review_pair(pair, "rejected", who, reason(why))


async def reopen(log: LearningLog, pair_id: str, who: Editor, why: str) -> Pair:
    """Put a rejected pair back into the queue; one that waits there stays as it is. Raises `NotFound`,
    and `Accepted` for an accepted one."""
    pair = await log.pair(pair_id)
    if pair.state == "accepted":
        raise Accepted(details={"pair": pair.id}, by=pair.reviewed_by, item=pair.code)
    if pair.state == "pending":
        return pair
    return await log.review_pair(pair, "pending", who, reason(why))
