"""List desk: drafts. Begin, save, submit, approve, send back, discard. The rules are the register's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from core.http import json_body, json_response
from gateway.admin_access import EDGE, AdminEdge, editor_of, part
from gateway.admin_models import (
    DraftResponse,
    DraftsQuery,
    DraftsResponse,
    LangQuery,
    NewDraftRequest,
    SaveRequest,
    StepRequest,
    ThreeWayResponse,
)
from gateway.admin_trial import finding_json
from gateway.admin_views import draft_json, may
from gateway.desk_api import COOKIE
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.editing.diff import diff_records
from knowledge.editing.model import OPEN_STATES, Draft, Editor
from knowledge.editing.register import Register

TAGS = ("list desk",)
ID_MAX = 40
WRITE_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
Step = Callable[[Register, str, int, Editor, str], Awaitable[Draft]]


async def shown(edge: AdminEdge, draft: Draft, who: Editor, status: int = 200) -> web.Response:
    """`DraftResponse`."""
    three = await edge.register.three_way(draft.id)
    findings = await edge.register.findings(draft.id) if draft.state in OPEN_STATES else []
    changes = diff_records(three.current, draft.body)
    return json_response(
        {
            "draft": draft_json(draft),
            "changes": [change.as_dict() for change in changes],
            "findings": [finding_json(finding, draft.key) for finding in findings],
            "may": may(who, draft),
        },
        status,
    )


async def drafts(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/drafts"""
    await editor_of(request)
    query = read_query(request, DraftsQuery)
    found = await request.app[EDGE].register.drafts(query.state, query.kind)
    return json_response({"drafts": [draft_json(draft, body=False) for draft in found]})


async def new_draft(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/drafts"""
    who, edge = await editor_of(request), request.app[EDGE]
    body = await json_body(request, NewDraftRequest)
    draft = await edge.register.open_draft(
        body.kind, body.key, who, body.why, body.body, body.withdraw
    )
    return await shown(edge, draft, who, 201)


async def draft(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/drafts/{id}"""
    who, edge = await editor_of(request), request.app[EDGE]
    read_query(request, LangQuery)
    return await shown(edge, await edge.register.draft(part(request, "id", ID_MAX)), who)


async def three_way(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/drafts/{id}/three-way"""
    await editor_of(request)
    read_query(request, LangQuery)
    found = await request.app[EDGE].register.three_way(part(request, "id", ID_MAX))
    return json_response(found.as_dict())


async def save(request: web.Request) -> web.StreamResponse:
    """PUT /api/v1/admin/drafts/{id}"""
    who, edge = await editor_of(request), request.app[EDGE]
    draft_id, body = part(request, "id", ID_MAX), await json_body(request, SaveRequest)
    kept = await edge.register.save_draft(
        draft_id, body.version, body.body, who, body.why, body.rebase
    )
    return await shown(edge, kept, who)


def _step(step: Step) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        who, edge = await editor_of(request), request.app[EDGE]
        draft_id, body = part(request, "id", ID_MAX), await json_body(request, StepRequest)
        done = await step(edge.register, draft_id, body.version, who, body.why)
        return await shown(edge, done, who)

    return handle


_STEPS: tuple[tuple[str, Step, str], ...] = (
    ("submit", Register.submit, "Ask a second person to review the draft"),
    ("approve", Register.approve, "A second person agrees"),
    ("return", Register.send_back, "Send the draft back to its authors with a note"),
    ("discard", Register.discard, "Give the draft up; it stays readable"),
)
ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/drafts", drafts, None, DraftsResponse,
             "Drafts, oldest first", TAGS, (400, 401, 403, 429, 503), DraftsQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/drafts", new_draft, NewDraftRequest, DraftResponse,
             "Begin work on a record", TAGS, WRITE_ERRORS, status=201, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/drafts/{id}", draft, None, DraftResponse,
             "One draft with its changes and findings", TAGS, (400, 401, 403, 404, 429, 503),
             LangQuery, secured=COOKIE),
    ApiRoute("PUT", "/api/v1/admin/drafts/{id}", save, SaveRequest, DraftResponse,
             "Keep the draft's text if nobody saved it meanwhile", TAGS, WRITE_ERRORS,
             secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/drafts/{id}/three-way", three_way, None, ThreeWayResponse,
             "What it was begun from, what is published, what it says", TAGS,
             (400, 401, 403, 404, 429, 503), LangQuery, secured=COOKIE),
    *(
        ApiRoute("POST", f"/api/v1/admin/drafts/{{id}}/{name}", _step(step), StepRequest,
                 DraftResponse, summary, TAGS, WRITE_ERRORS, secured=COOKIE)
        for name, step, summary in _STEPS
    ),
]  # fmt: skip
