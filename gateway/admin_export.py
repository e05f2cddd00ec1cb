"""List desk: the published list as a file, in every format the command line writes."""

from __future__ import annotations

import asyncio
from typing import Literal

from aiohttp import web
from pydantic import Field

from core.cards import City
from gateway.admin_access import EDGE, editor_of
from gateway.admin_models import LangQuery
from gateway.admin_records import TAGS, today
from gateway.desk_api import COOKIE
from gateway.openapi import ApiRoute
from gateway.services_api import read_query
from knowledge.catalogue import Catalogue
from knowledge.exports.choose import choose
from knowledge.exports.cpsv import to_cpsv
from knowledge.exports.linked import Linked
from knowledge.exports.plain import to_csv, to_json, to_jsonl
from knowledge.exports.schema_org import to_schema_org

Format = Literal["json", "jsonl", "csv", "xlsx", "schema-org", "cpsv-ap"]
FILES: dict[Format, tuple[str, str]] = {
    "json": ("json", "application/json"),
    "jsonl": ("jsonl", "application/x-ndjson"),
    "csv": ("zip", "application/zip"),
    "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "schema-org": ("schema-org.jsonld", "application/ld+json"),
    "cpsv-ap": ("cpsv-ap.jsonld", "application/ld+json"),
}
"""Ending and media type of the file."""


class ExportQuery(LangQuery):
    """Query of an export."""

    format: Format = Field("json", description="Format of the file")
    city: City | None = Field(None, description="Only what this city handles")


async def export(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/admin/export"""
    await editor_of(request)
    edge, query = request.app[EDGE], read_query(request, ExportQuery)
    catalogue = await edge.register.catalogue()
    linked = Linked(choose(catalogue, city=query.city), catalogue.version, today(edge))
    data = await asyncio.to_thread(_written, query.format, linked)
    ending, media_type = FILES[query.format]
    name = f"shen-guan-{catalogue.version}.{ending}"
    return web.Response(
        body=data,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _written(kind: Format, linked: Linked) -> bytes:
    chosen: Catalogue = linked.catalogue
    if kind == "csv":
        return to_csv(chosen)
    if kind in ("schema-org", "cpsv-ap"):
        return to_schema_org(linked) if kind == "schema-org" else to_cpsv(linked)
    if kind == "xlsx":
        from knowledge.exports.workbook import to_xlsx  # a fifth of a second: only for workbooks

        return to_xlsx(chosen, version=linked.version)
    plain = {"json": to_json, "jsonl": to_jsonl}
    return plain[kind](chosen, version=linked.version)


ROUTES: list[ApiRoute] = [
    ApiRoute("GET", "/api/v1/admin/export", export, None, None,
             "The published list as a file", TAGS, (400, 401, 403, 429, 503), ExportQuery,
             secured=COOKIE),
]  # fmt: skip
