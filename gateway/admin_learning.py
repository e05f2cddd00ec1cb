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
from knowledge.learning.teach import accept, add_wording
from knowledge.model import ItemCode

TAGS = ("list desk",)
READ_ERRORS = (400, 401, 403, 429, 503)
GROUPED = 400
"""Wordings grouped at a time: about four seconds of a thread the first time."""
ID_MAX = 32


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


class VerdictRequest(_Request):
    """A reviewer's verdict on a pair."""

    verdict: Literal["accept", "reject"]
    why: str = Field(min_length=1, max_length=WHY_MAX)


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
    reviewed_by: str | None


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
    count = await gw.learning.settle_questions(body.ids, body.state, who.name)
    return json_response({"settled": count})


async def wording(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/questions/wording"""
    who, edge = await editor_of(request), request.app[EDGE]
    body = await json_body(request, WordingRequest)
    draft = await add_wording(edge.register, body.code, body.text, body.text_lang, who, body.why)
    if body.ids:
        await edge.gw.learning.settle_questions(body.ids, "used", who.name)
    return _taught(draft)


async def pairs(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/pairs"""
    await editor_of(request)
    query = read_query(request, PairsQuery)
    found = await request.app[EDGE].gw.learning.pairs(query.state)
    return json_response({"pairs": [pair.as_dict() for pair in found]})


async def verdict(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/pairs/{id}"""
    who, edge = await editor_of(request), request.app[EDGE]
    pair_id, body = part(request, "id", ID_MAX), await json_body(request, VerdictRequest)
    if body.verdict == "accept":
        return _taught(await accept(edge.gw.learning, edge.register, pair_id, who, body.why))
    await edge.gw.learning.pair(pair_id)
    await edge.gw.learning.review_pair(pair_id, "rejected", who.name)
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
             "Accept or reject a pair", TAGS, WRITE_ERRORS, secured=COOKIE),
]  # fmt: skip
