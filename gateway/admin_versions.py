"""List desk: publishing, versions, audit, tasks. The rules are the register's."""

from __future__ import annotations

from aiohttp import web

from core.http import json_body, json_response
from gateway.admin_access import EDGE, AdminEdge, editor_of, number_of, part
from gateway.admin_models import (
    AuditQuery,
    AuditReportModel,
    AuditResponse,
    DiffQuery,
    DiffResponse,
    LangQuery,
    NoteRequest,
    PublishRequest,
    TaskResponse,
    TasksQuery,
    TasksResponse,
    VersionResponse,
    VersionsResponse,
    WhyRequest,
)
from gateway.admin_views import task_json, version_json
from gateway.desk_api import COOKIE
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.editing.model import Version

TAGS = ("list desk",)
WRITE_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
READ_ERRORS = (400, 401, 403, 404, 429, 503)


async def _answer(edge: AdminEdge, version: Version, status: int = 200) -> web.Response:
    current = await edge.register.current()
    return json_response({"version": version_json(version, current.number)}, status)


async def versions(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/versions"""
    await editor_of(request)
    read_query(request, LangQuery)
    register = request.app[EDGE].register
    current = await register.current()
    found = await register.versions()
    return json_response({"versions": [version_json(v, current.number) for v in found]})


async def publish(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/versions"""
    who, edge = await editor_of(request), request.app[EDGE]
    body = await json_body(request, PublishRequest)
    made = await edge.register.publish(body.drafts, who, body.why, body.effective_at)
    return await _answer(edge, made, 201)


async def diff(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/versions/{number}/diff"""
    await editor_of(request)
    query = read_query(request, DiffQuery)
    found = await request.app[EDGE].register.diff(number_of(request), query.to)
    return json_response({"records": [change.as_dict() for change in found]})


async def rollback(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/versions/{number}/rollback"""
    who, edge = await editor_of(request), request.app[EDGE]
    number, body = number_of(request), await json_body(request, WhyRequest)
    return await _answer(edge, await edge.register.rollback(number, who, body.why), 201)


async def cancel(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/versions/{number}/cancel"""
    who, edge = await editor_of(request), request.app[EDGE]
    number, body = number_of(request), await json_body(request, WhyRequest)
    return await _answer(edge, await edge.register.cancel(number, who, body.why))


async def audit(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/audit"""
    await editor_of(request)
    query = read_query(request, AuditQuery)
    rows = await request.app[EDGE].register.audit(query.after, query.limit)
    return json_response({"entries": [row.as_dict() for row in rows]})


async def verify(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/audit/verify"""
    await editor_of(request)
    read_query(request, LangQuery)
    report = await request.app[EDGE].register.verify_audit()
    return json_response(report.as_dict())


async def tasks(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/tasks"""
    await editor_of(request)
    query = read_query(request, TasksQuery)
    found = await request.app[EDGE].register.tasks(query.state, query.kind)
    return json_response({"tasks": [task_json(task) for task in found]})


async def close_task(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/admin/tasks/{id}/close"""
    who, edge = await editor_of(request), request.app[EDGE]
    task_id, body = part(request, "id", 40), await json_body(request, NoteRequest)
    closed = await edge.register.close_task(task_id, who, body.note)
    return json_response({"task": task_json(closed)})


ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/versions", versions, None, VersionsResponse,
             "Versions of the list, newest first", TAGS, READ_ERRORS, LangQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/versions", publish, PublishRequest, VersionResponse,
             "Publish approved drafts, now or at a time", TAGS, WRITE_ERRORS, status=201,
             secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/versions/{number}/diff", diff, None, DiffResponse,
             "What changed between two versions", TAGS, READ_ERRORS, DiffQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/versions/{number}/rollback", rollback, WhyRequest,
             VersionResponse, "Make an old version the newest again (admin)", TAGS, WRITE_ERRORS,
             status=201, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/versions/{number}/cancel", cancel, WhyRequest,
             VersionResponse, "Take a scheduled version back (admin)", TAGS, WRITE_ERRORS,
             secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/audit", audit, None, AuditResponse,
             "Who did what and why", TAGS, READ_ERRORS, AuditQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/audit/verify", verify, None, AuditReportModel,
             "Whether the audit is whole", TAGS, READ_ERRORS, LangQuery, secured=COOKIE),
    ApiRoute("GET", "/api/v1/admin/tasks", tasks, None, TasksResponse,
             "What editors should look at", TAGS, READ_ERRORS, TasksQuery, secured=COOKIE),
    ApiRoute("POST", "/api/v1/admin/tasks/{id}/close", close_task, NoteRequest, TaskResponse,
             "Note what was done about a task", TAGS, WRITE_ERRORS, secured=COOKIE),
]  # fmt: skip
