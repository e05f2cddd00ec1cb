"""The list desk's HTTP edge put together: `/api/v1/admin/…` for list editors and admins.

Session, role, origin and rate are checked in `admin_access`; what may be done to the list is decided in
`knowledge.editing`.
"""

from __future__ import annotations

from aiohttp import web

from gateway import (
    admin_drafts,
    admin_export,
    admin_imports,
    admin_learning,
    admin_records,
    admin_versions,
)
from gateway.admin_access import EDGE, AdminEdge
from gateway.context import Gateway
from gateway.openapi import ApiRoute, register
from gateway.rates import RateLimit
from knowledge.editing.register import Register
from knowledge.imports.service import Imports

EDITOR_FACTOR = 8
"""An editor's page asks more often than a resident's: a preview with every pause of typing."""
ROUTES: list[ApiRoute] = [
    *admin_records.ROUTES,
    *admin_drafts.ROUTES,
    *admin_versions.ROUTES,
    *admin_export.ROUTES,
    *admin_imports.ROUTES,
    *admin_learning.ROUTES,
]


def setup_admin(app: web.Application, gw: Gateway, managed: Register) -> None:
    """Add the list desk's routes to `app`."""
    limits = RateLimit(gw.clock, gw.settings.rate_per_minute * EDITOR_FACTOR)
    app[EDGE] = AdminEdge(gw, managed, Imports(gw.db, gw.clock), limits)
    register(app, ROUTES)
