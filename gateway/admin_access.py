"""Who may use the list desk: the desk's own sign-in, the role, the origin, and how often.

What an editor may do to a record, and for which city, is decided in `knowledge.editing.register`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from core.errors import NotAllowed, NotFound
from core.settings import Settings
from desk.agents import Agent
from gateway.context import Gateway
from gateway.desk_api import agent_of, check_origin
from gateway.rates import RateLimit
from knowledge.catalogue import KINDS, Kind
from knowledge.editing.model import Editor
from knowledge.editing.register import Register
from knowledge.imports.service import Imports

ROLES = ("list_editor", "admin")
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class AdminEdge:
    """What the handlers need."""

    gw: Gateway
    register: Register
    imports: Imports
    limits: RateLimit

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return self.gw.settings


EDGE: web.AppKey[AdminEdge] = web.AppKey("admin_edge", AdminEdge)


def editor(agent: Agent) -> Editor:
    """The agent as the list knows him; raises `NotAllowed` without a role for the list."""
    roles = tuple(role for role in ROLES if role in agent.roles)
    if not roles:
        raise NotAllowed("list_editors_only")
    return Editor(agent.id, agent.name, roles, agent.cities)


async def editor_of(request: web.Request) -> Editor:
    """The signed-in editor. Raises `NotSignedIn`, `NotAllowed` or `RateLimited`; whatever changes
    something must come from our own pages."""
    edge = request.app[EDGE]
    if request.method not in SAFE:
        check_origin(request, edge.settings)
    agent = await agent_of(request)
    who = editor(agent)
    edge.limits.check(who.id)
    return who


def kind_of(request: web.Request) -> Kind:
    """The `{kind}` of the path; raises `NotFound`."""
    for kind in KINDS:
        if kind == request.match_info["kind"]:
            return kind
    raise NotFound()


def part(request: web.Request, name: str, longest: int = 64) -> str:
    """A free part of the path; raises `NotFound` for one that can be no key."""
    value = request.match_info[name]
    if not value or len(value) > longest or not value.isprintable():
        raise NotFound()
    return value


def number_of(request: web.Request) -> int:
    """The `{number}` of the path; raises `NotFound`."""
    value = request.match_info["number"]
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise NotFound()
    return int(value)
