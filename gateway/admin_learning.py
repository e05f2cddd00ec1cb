"""List desk: what residents asked in vain, and wordings they taught us. Two people decide on each."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from core.http import json_body, json_response
from core.i18n import Lang
from gateway.admin_access import EDGE, editor_of, part
from gateway.admin_drafts import WRITE_ERRORS
from gateway.admin_models import WHY_MAX, LangQuery
from gateway.admin_views import draft_json
from gateway.desk_api import COOKIE
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.editing.model import Draft
from knowledge.learning.clusters import cluster_questions
from knowledge.learning.log import PairState, QuestionState
from knowledge.learning.scrub import doubtful
from knowledge.learning.teach import (
    Standing,
    accept,
    accepted,
    add_wording,
    check_typed,
    reject,
    reopen,
)
from knowledge.model import ItemCode

TAGS = ("list desk",)
READ_ERRORS = (400, 401, 403, 429, 503)
GROUPED = 400
"""Wordings grouped at a time: about four seconds of a thread the first time."""
ID_MAX = 32
SURE = "What may be personal in the wording was looked at and is not"
PERSONAL = "Parts that may be personal still; empty: none seen"


class PairsQuery(LangQuery):
    """Query of the pairs."""

    state: PairState = Field("pending", description="State of the pairs")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettleRequest(_Request):
    """Wordings that need no more work, or do again."""

    ids: list[str] = Field(min_length=1, max_length=GROUPED)
    state: QuestionState


class WordingRequest(_Request):
    """A wording for an item, and the questions it settles."""

    code: ItemCode
    text: str = Field(min_length=1, max_length=200)
    text_lang: Lang = Field(description="Language of the wording")
    ids: list[str] = Field(default_factory=list, max_length=GROUPED)
    why: str = Field(min_length=1, max_length=WHY_MAX)
    sure: bool = Field(False, description=SURE)


class VerdictRequest(_Request):
    """A reviewer's verdict on a pair."""

    verdict: Literal["accept", "reject", "reopen"]
    why: str = Field(min_length=1, max_length=WHY_MAX)
    sure: bool = Field(False, description=SURE)


class QuestionGroup(BaseModel):
    """Questions about one thing."""

    ids: list[str]
    text: str
    lang: Lang
    texts: list[str]
    asked: int
    last_day: str
    decision: str
    nearest: list[str]
    confidence: float
    personal: list[str] = Field(description=PERSONAL)


class QuestionsResponse(BaseModel):
    """Unanswered questions, grouped, most asked first."""

    groups: list[QuestionGroup]
    wordings: int = Field(description="How many wordings are open in all")


class PairModel(BaseModel):
    """A wording and the item residents chose or rated."""

    id: str
    text: str
    lang: Lang
    code: str
    clicks: int
    up: int
    down: int
    last_day: str
    state: PairState
    reviewed_by: str | None = Field(
        description="Who decided last; of a pair that came back, who accepted it"
    )
    why: str | None = Field(description="The reason given then")
    standing: Standing | None = Field(
        description="Of an accepted pair: whether a second person has agreed to its wording"
    )
    personal: list[str] = Field(description=PERSONAL)


class PairsResponse(BaseModel):
    """Pairs of one state, most telling first."""

    pairs: list[PairModel]


class SettledResponse(BaseModel):
    """How many wordings changed."""

    settled: int


class TaughtResponse(BaseModel):
    """The draft that has the wording now; null when the item had it already."""

    draft: dict[str, Any] | None


def _taught(draft: Draft | None) -> web.Response:
    return json_response({"draft": draft_json(draft, body=False) if draft else None})


async def questions(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/questions"""
    await editor_of(request)
    read_query(request, LangQuery)
    gw = request.app[EDGE].gw
    asked = await gw.learning.open_questions()
    groups = await asyncio.to_thread(cluster_questions, gw.search.engine, asked[:GROUPED])
    return json_response({"groups": [group.as_dict() for group in groups], "wordings": len(asked)})


async def settle(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/questions/settle"""
    who, gw = await editor_of(request), request.app[EDGE].gw
    body = await json_body(request, SettleRequest)
    count = await gw.learning.settle_questions(body.ids, body.state, who)
    return json_response({"settled": count})


async def wording(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/questions/wording"""
    who, edge = await editor_of(request), request.app[EDGE]
    body = await json_body(request, WordingRequest)
    check_typed(body.text, body.sure)
    draft = await add_wording(edge.register, body.code, body.text, body.text_lang, who, body.why)
    if body.ids:
        await edge.gw.learning.settle_questions(body.ids, "used", who, body.why, body.code)
    return _taught(draft)


async def pairs(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/pairs"""
    await editor_of(request)
    query = read_query(request, PairsQuery)
    edge = request.app[EDGE]
    standing = {pair.id: where for pair, where in await accepted(edge.gw.learning, edge.register)}
    found = await edge.gw.learning.pairs(query.state)
    return json_response(
        {
            "pairs": [
                pair.as_dict()
                | {"standing": standing.get(pair.id), "personal": list(doubtful(pair.text))}
                for pair in found
            ]
        }
    )


async def verdict(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/pairs/{id}"""
    who, edge = await editor_of(request), request.app[EDGE]
    pair_id, body = part(request, "id", ID_MAX), await json_body(request, VerdictRequest)
    log = edge.gw.learning
    if body.verdict == "accept":
        return _taught(await accept(log, edge.register, pair_id, who, body.why, body.sure))
    if body.verdict == "reject":
        await reject(log, edge.register, pair_id, who, body.why)
    else:
        await reopen(log, pair_id, who, body.why)
    return _taught(None)


ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/questions", questions, None, QuestionsResponse,
             "Unanswered questions, grouped", TAGS, READ_ERRORS, LangQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/questions/settle", settle, SettleRequest, SettledResponse,
             "Mark wordings as used, dismissed or open", TAGS, WRITE_ERRORS, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/questions/wording", wording, WordingRequest, TaughtResponse,
             "Put a wording into a draft of an item", TAGS, WRITE_ERRORS, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/pairs", pairs, None, PairsResponse,
             "Wordings with the item residents chose", TAGS, READ_ERRORS, PairsQuery,
             secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/pairs/{id}", verdict, VerdictRequest, TaughtResponse,
             "Accept or reject a pair, or put a rejected one back", TAGS, WRITE_ERRORS, secured=COOKIE),
]  # fmt: skip
