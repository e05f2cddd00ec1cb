"""The desk's HTTP edge: an agent's sign-in, who he is, his tickets and his queue.

Checks origin, rate and shape; who may see what is decided in `desk`. The session is an HttpOnly,
SameSite=Strict cookie; its token is never readable by the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from core.cards import City, Mode
from core.clock import Clock
from core.errors import NotAllowed, NotFound
from core.http import json_body, json_response
from core.i18n import Lang
from core.settings import Settings
from desk.agents import SESSION_S, Agent, Role
from desk.service import DeskService
from desk.tickets import State
from desk.views import agent_view
from gateway.openapi import ApiRoute, register
from gateway.rates import RateLimit

COOKIE = "sg_agent"
LOGINS_PER_ADDRESS = 60
LOGINS_PER_NAME = 20
TAGS = ("desk",)


class LoginRequest(BaseModel):
    """Name, password and the code the agent's authenticator shows."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)
    totp: str = Field(pattern=r"^\d{6}$")


class AgentModel(BaseModel):
    """Someone who works at the desk. The first of `cities` is that of his own desk."""

    id: str
    name: str
    username: str
    roles: list[Role]
    cities: list[City]
    languages: list[Lang]
    media: list[Mode]


class AgentResponse(BaseModel):
    """The signed-in agent."""

    agent: AgentModel


class TicketBrief(BaseModel):
    """A line of the queue."""

    id: str
    state: State
    media: Mode
    lang: Lang
    city: City | None
    waiting_since: str
    reason: str
    position: int | None


class TicketResident(BaseModel):
    """The resident, as far as an agent may know: masked name, identity level."""

    name: str | None
    level: str


class TicketModel(TicketBrief):
    """A ticket. `messages` only for the agent who holds it or is offered it."""

    conversation: str
    resident: TicketResident
    opened_at: str
    accepted_at: str | None
    ended_at: str | None
    agent: str | None
    consultation: str | None
    version: int
    summary: dict[str, Any]
    messages: list[dict[str, Any]] | None = None


class TicketResponse(BaseModel):
    """One ticket."""

    ticket: TicketModel


class QueueResponse(BaseModel):
    """The waiting tickets of the cities the agent may act for, in order."""

    queue: list[TicketBrief]


@dataclass(frozen=True, slots=True)
class DeskEdge:
    """What the handlers need."""

    desk: DeskService
    settings: Settings
    clock: Clock
    ice: Callable[[], list[dict[str, Any]]]
    by_address: RateLimit
    by_name: RateLimit


EDGE: web.AppKey[DeskEdge] = web.AppKey("desk_edge", DeskEdge)


def setup_desk(
    app: web.Application,
    desk: DeskService,
    *,
    settings: Settings,
    clock: Clock,
    ice: Callable[[], list[dict[str, Any]]],
) -> None:
    """Add the desk's HTTP routes and its socket to `app`. `ice` gives the agent's `RTCIceServer`s."""
    from gateway.desk_socket import setup_socket

    app[EDGE] = DeskEdge(
        desk=desk,
        settings=settings,
        clock=clock,
        ice=ice,
        by_address=RateLimit(clock, LOGINS_PER_ADDRESS),
        by_name=RateLimit(clock, LOGINS_PER_NAME),
    )
    register(app, ROUTES)
    setup_socket(app)


def check_origin(request: web.Request, settings: Settings) -> None:
    """Refuse a browser that acts for another site. Clients that are not browsers send no `Origin` and
    carry nobody's cookie."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    allowed = {_origin(settings.url())}
    if not settings.public_url:  # reached by another name of this machine
        allowed.add(f"{request.scheme}://{request.host}")
    if origin.lower() not in allowed:
        raise NotAllowed("desk_foreign_origin")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


async def agent_of(request: web.Request) -> Agent:
    """The signed-in agent; raises `NotSignedIn`."""
    return await request.app[EDGE].desk.agents.session(request.cookies.get(COOKIE))


async def desk_agent_of(request: web.Request) -> Agent:
    """The signed-in agent or supervisor; raises `NotSignedIn` or `NotAllowed`."""
    agent = await agent_of(request)
    if not {"agent", "supervisor"} & set(agent.roles):
        raise NotAllowed()
    return agent


async def login(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/desk/login"""
    edge = request.app[EDGE]
    check_origin(request, edge.settings)
    edge.by_address.check(request.remote or "")
    body = await json_body(request, LoginRequest)
    edge.by_name.check(body.username)
    agent, token = await edge.desk.agents.login(body.username, body.password, body.totp)
    response = json_response({"agent": agent_view(agent)})
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_S),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=edge.settings.url().startswith("https:"),
    )
    return response


async def logout(request: web.Request) -> web.StreamResponse:
    """POST /api/v1/desk/logout"""
    edge = request.app[EDGE]
    check_origin(request, edge.settings)
    await agent_of(request)
    await edge.desk.logout(request.cookies[COOKIE])
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


async def me(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/desk/me"""
    return json_response({"agent": agent_view(await agent_of(request))})


async def ticket(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/desk/tickets/{id}"""
    agent = await desk_agent_of(request)
    ticket_id = request.match_info["id"]
    if len(ticket_id) > 40:
        raise NotFound()
    return json_response({"ticket": await request.app[EDGE].desk.ticket(agent, ticket_id)})


async def queue(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/desk/queue"""
    agent = await desk_agent_of(request)
    return json_response({"queue": await request.app[EDGE].desk.queue(agent)})


ROUTES: list[ApiRoute] = [
    ApiRoute(
        "POST", "/api/v1/desk/login", login, LoginRequest, AgentResponse,
        "Sign an agent in with password and one-time code", TAGS, (400, 401, 403, 415, 429),
    ),
    ApiRoute(
        "POST", "/api/v1/desk/logout", logout, None, None,
        "Sign the agent out; his conversations go back to the queue", TAGS, (401, 403),
        status=204, secured=COOKIE,
    ),
    ApiRoute(
        "GET", "/api/v1/desk/me", me, None, AgentResponse,
        "Who is signed in", TAGS, (401,), secured=COOKIE,
    ),
    ApiRoute(
        "GET", "/api/v1/desk/tickets/{id}", ticket, None, TicketResponse,
        "One of the agent's own tickets", TAGS, (401, 403, 404), secured=COOKIE,
    ),
    ApiRoute(
        "GET", "/api/v1/desk/queue", queue, None, QueueResponse,
        "The queue of the agent's cities", TAGS, (401, 403), secured=COOKIE,
    ),
]  # fmt: skip
