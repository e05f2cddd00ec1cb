"""List desk: the records. Search and filter, one record, its history, the cities compared, previews."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web

from core.clock import CITY_TZ
from core.errors import NotFound
from core.http import json_body, json_response
from desk.views import agent_view
from gateway import admin_list, admin_trial
from gateway.admin_access import EDGE, AdminEdge, editor_of, kind_of, part
from gateway.admin_models import (
    ChangesResponse,
    CitiesQuery,
    FindingsResponse,
    HistoryResponse,
    LangQuery,
    OverviewResponse,
    PreviewRequest,
    PreviewResponse,
    RecordResponse,
    RecordsQuery,
    RecordsResponse,
    VersionResponse,
    WhyRequest,
)
from gateway.admin_views import draft_json, may, task_json, version_json
from gateway.desk_api import COOKIE, agent_of
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.catalogue import KINDS, Catalogue, Kind
from knowledge.editing.bodies import fit
from knowledge.editing.diff import diff_cities, diff_records
from knowledge.editing.model import Body, Draft, Editor
from knowledge.model import ServiceItem
from knowledge.validate import check

TAGS = ("list desk",)
FOUND = 20
"""How many records the search engine may add to those that match by name."""


def today(edge: AdminEdge) -> dt.date:
    """The day in both cities."""
    return edge.gw.clock.now().astimezone(CITY_TZ).date()


async def overview(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/overview"""
    await editor_of(request)
    read_query(request, LangQuery)
    edge = request.app[EDGE]
    current, drafts = await edge.register.current(), await edge.register.drafts()
    catalogue = await edge.register.catalogue()
    states = [draft.state for draft in drafts]
    return json_response(
        {
            "editor": agent_view(await agent_of(request)),
            "list_version": catalogue.version,
            "number": current.number,
            "counts": {kind: len(catalogue.records[kind]) for kind in KINDS},
            "drafts": {
                state: states.count(state) for state in ("editing", "in_review", "approved")
            },
            "tasks": len(await edge.register.tasks()),
            "sources": [
                {"id": s.id, "title": s.title.model_dump(), "kind": s.kind}
                for s in catalogue.sources.values()
            ],
        }
    )


async def records(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/records"""
    await editor_of(request)
    edge, query = request.app[EDGE], read_query(request, RecordsQuery)
    catalogue = await edge.register.catalogue()
    work = admin_list.Work.of(await edge.register.drafts(), await edge.register.tasks())
    lines = admin_list.records(catalogue, query, work, await _found(edge, query), today(edge))
    start = (query.page - 1) * query.page_size
    return json_response(
        {
            "items": lines[start : start + query.page_size],
            "total": len(lines),
            "page": query.page,
            "page_size": query.page_size,
            "list_version": catalogue.version,
        }
    )


async def _found(edge: AdminEdge, query: RecordsQuery) -> list[str]:
    """Codes the search engine thinks of; without it (still starting) names and codes must do."""
    if query.kind != "item" or not query.q.strip() or not edge.gw.search.ready:
        return []
    found = await edge.gw.search.search(query.q, lang=query.lang, city=query.city, k=FOUND)
    return [hit.code for hit in (*found.results, *found.elsewhere)]


async def _published(edge: AdminEdge, kind: Kind, key: str) -> tuple[int, Body] | None:
    try:
        return await edge.register.record(kind, key)
    except NotFound:
        return None


async def _draft_of(edge: AdminEdge, kind: Kind, key: str) -> Draft | None:
    return next((d for d in await edge.register.drafts(kind=kind) if d.key == key), None)


async def record(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/records/{kind}/{key}"""
    who = await editor_of(request)
    read_query(request, LangQuery)
    edge, kind, key = request.app[EDGE], kind_of(request), part(request, "key")
    found, draft = await _published(edge, kind, key), await _draft_of(edge, kind, key)
    if found is None and draft is None:
        raise NotFound("unknown_record", details={"kind": kind, "key": key})
    body = found[1] if found else None
    written = draft.body if draft else None
    tasks = [t for t in await edge.register.tasks() if t.record == (kind, key)]
    return json_response(
        {
            "kind": kind,
            "key": key,
            "name": admin_list.name_of(kind, key, body or written).model_dump(),
            "revision": found[0] if found else None,
            "body": body,
            "draft": draft and draft_json(draft),
            "may": may(who, draft),
            "tasks": [task_json(task) for task in tasks],
        }
    )


async def history(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/records/{kind}/{key}/history"""
    await editor_of(request)
    read_query(request, LangQuery)
    edge, kind, key = request.app[EDGE], kind_of(request), part(request, "key")
    revisions = await edge.register.history(kind, key)
    rows = []
    for revision, before in zip(revisions, [*revisions[1:], None], strict=True):
        changes = diff_records(before.body, revision.body) if before else []
        rows.append(
            {
                **revision.as_dict(),
                "withdrawn": revision.body is None,
                "changes": [change.as_dict() for change in changes],
            }
        )
        rows[-1].pop("body")
    return json_response({"revisions": rows})


async def cities(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/records/{kind}/{key}/cities"""
    await editor_of(request)
    edge, query = request.app[EDGE], read_query(request, CitiesQuery)
    kind, key = kind_of(request), part(request, "key")
    if kind != "item":
        raise NotFound("unknown_record", details={"kind": kind, "key": key})
    catalogue: Catalogue = await edge.register.catalogue()
    if query.draft is not None:
        draft = await edge.register.draft(query.draft)
        written = admin_trial.shape(kind, key, draft.body or {})
        if draft.key == key and isinstance(written, ServiceItem):
            catalogue = await asyncio.to_thread(admin_trial.with_record, catalogue, written)
    changes = diff_cities(catalogue, key, today(edge))
    return json_response({"changes": [change.as_dict() for change in changes]})


async def preview(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/preview"""
    await editor_of(request)
    edge, body = request.app[EDGE], await json_body(request, PreviewRequest)
    fit(body.body)
    catalogue = await edge.register.catalogue()
    published = await _published(edge, body.kind, body.key)
    cards, findings = await asyncio.to_thread(
        admin_trial.trial,
        catalogue,
        body.kind,
        body.key,
        body.body,
        city=body.city,
        facet=body.facet,
        today=today(edge),
    )
    changes = diff_records(published[1] if published else None, body.body)
    return json_response(
        {
            "cards": cards,
            "findings": findings,
            "changes": [change.as_dict() for change in changes],
        }
    )


async def withdraw_now(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/records/{kind}/{key}/withdraw"""
    who: Editor = await editor_of(request)
    edge, body = request.app[EDGE], await json_body(request, WhyRequest)
    version = await edge.register.withdraw_now(
        kind_of(request), part(request, "key"), who, body.why
    )
    return json_response({"version": version_json(version, version.number)})


async def validate(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/validate"""
    await editor_of(request)
    read_query(request, LangQuery)
    catalogue = await request.app[EDGE].register.catalogue()
    found: list[Any] = await asyncio.to_thread(check, catalogue)
    return json_response(
        {"findings": [admin_trial.finding_json(f, f.where.partition(" ")[0]) for f in found]}
    )


ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/overview", overview, None, OverviewResponse,
             "Who is signed in, what is in force, what waits", TAGS, (400, 401, 403, 429, 503),
             LangQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/records", records, None, RecordsResponse,
             "Search and filter the records, drafts included", TAGS, (400, 401, 403, 429, 503),
             RecordsQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/records/{kind}/{key}", record, None, RecordResponse,
             "One record: published text, draft, tasks", TAGS, (400, 401, 403, 404, 429, 503),
             LangQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/records/{kind}/{key}/history", history, None, HistoryResponse,
             "Every revision of a record and what it changed", TAGS,
             (400, 401, 403, 404, 429, 503), LangQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/records/{kind}/{key}/cities", cities, None, ChangesResponse,
             "How Dongguan differs from Shenzhen", TAGS, (400, 401, 403, 404, 429, 503),
             CitiesQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/records/{kind}/{key}/withdraw", withdraw_now, WhyRequest,
             VersionResponse, "Take a record out of the list at once (admin)", TAGS,
             (400, 401, 403, 404, 409, 413, 415, 422, 429, 503), secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/preview", preview, PreviewRequest, PreviewResponse,
             "Answer card, findings and changes of a text that is not kept", TAGS,
             (400, 401, 403, 413, 415, 429, 503), secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/validate", validate, None, FindingsResponse,
             "What is wrong with the published list", TAGS, (400, 401, 403, 429, 503),
             LangQuery, secured=COOKIE),
]  # fmt: skip
