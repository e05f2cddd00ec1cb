"""List desk: the province's records. Search, look, take over as a draft of a Shen-Guan item."""

from __future__ import annotations

from aiohttp import web

from core.http import json_body, json_response
from gateway.admin_access import EDGE, editor_of, part
from gateway.admin_drafts import WRITE_ERRORS, shown
from gateway.admin_models import (
    DraftResponse,
    FlagRequest,
    ImportResponse,
    ImportsQuery,
    ImportsResponse,
    LangQuery,
)
from gateway.desk_api import COOKIE
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.imports.flagging import flag_for_list

TAGS = ("list desk",)
READ_ERRORS = (400, 401, 403, 404, 429, 503)


async def listing(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/imports"""
    await editor_of(request)
    query = read_query(request, ImportsQuery)
    found = await request.app[EDGE].imports.search(
        query.q,
        query.page,
        page_size=query.page_size,
        area=query.area,
        level=query.level,
        flagged=None if query.flagged is None else query.flagged == "yes",
    )
    return json_response(found)


async def one(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/imports/{code}"""
    await editor_of(request)
    read_query(request, LangQuery)
    return json_response(await request.app[EDGE].imports.get(part(request, "code")))


async def flag(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/flag"""
    who, edge = await editor_of(request), request.app[EDGE]
    body = await json_body(request, FlagRequest)
    draft = await flag_for_list(
        edge.imports, edge.register, body.codes, domain=body.domain, who=who, why=body.why
    )
    return await shown(edge, draft, who, 201)


ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/imports", listing, None, ImportsResponse,
             "Search the province's records", TAGS, READ_ERRORS, ImportsQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/flag", flag, FlagRequest, DraftResponse,
             "Take records over as a draft of a Shen-Guan item", TAGS, WRITE_ERRORS, status=201,
             secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/imports/{code}", one, None, ImportResponse,
             "One record of the province", TAGS, READ_ERRORS, LangQuery, secured=COOKIE),
]  # fmt: skip
