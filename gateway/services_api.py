"""The service list over HTTP: search, list, one item. Read only; every answer names its version."""

from __future__ import annotations

from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.cards import City, LocalText, Status
from core.clock import CITY_TZ
from core.errors import InvalidInput
from core.http import field_errors, json_response, lang_of
from core.i18n import Lang
from gateway.context import Gateway
from gateway.openapi import ApiRoute
from knowledge.model import Channel, CrossCityMode, Domain
from knowledge.present import list_services, service_json

M = TypeVar("M", bound=BaseModel)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchQuery(_Query):
    """Query of a search."""

    q: str = Field(min_length=1, max_length=500, description="The resident's words, any language")
    lang: Lang | None = Field(None, description="Language of names and messages")
    city: City | None = Field(None, description="Only what this city handles")
    k: int = Field(5, ge=1, le=50, description="At most this many results")

    @field_validator("q")
    @classmethod
    def _words(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("blank")
        return value


class ListQuery(_Query):
    """Query of the list."""

    city: City | None = Field(None, description="Handled by this city")
    domain: Domain | None = Field(None, description="Field of government")
    channel: Channel | None = Field(None, description="Can be done through this channel")
    mode: CrossCityMode | None = Field(None, description="Way of handling across the cities")
    lang: Lang | None = Field(None, description="Language of messages")
    page: int = Field(1, ge=1, le=10_000, description="Page, from 1")
    page_size: int = Field(20, ge=1, le=100, description="Items on a page")


class LangQuery(_Query):
    """Query of one item."""

    lang: Lang | None = Field(None, description="Language of messages")


class SearchHit(BaseModel):
    """One item found."""

    model_config = ConfigDict(extra="allow")
    code: str
    name: LocalText
    score: float


class SearchResponse(BaseModel):
    """Items found and what to do with them."""

    model_config = ConfigDict(extra="allow")
    decision: str = Field(description="answer, clarify or abstain")
    results: list[SearchHit]
    list_version: str


class ServiceBrief(BaseModel):
    """An item in the list."""

    model_config = ConfigDict(extra="allow")
    code: str
    name: LocalText


class ListResponse(BaseModel):
    """One page of the list."""

    model_config = ConfigDict(extra="allow")
    items: list[ServiceBrief]
    total: int
    page: int
    page_size: int


class ServiceResponse(BaseModel):
    """One item, both cities."""

    model_config = ConfigDict(extra="allow")
    code: str
    name: LocalText
    cities: dict[str, Any]
    differences: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    as_of: str
    status: Status


def read_query(request: web.Request, model: type[M]) -> M:
    """The query string as `model`; raises `InvalidInput`. A repeated key is an error."""
    given: dict[str, str] = {}
    for key, value in request.query.items():
        if key in given:
            raise InvalidInput(details={"fields": [{"field": key, "problem": "repeated"}]})
        given[key] = value
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        raise InvalidInput(details={"fields": field_errors(exc)}) from exc


def service_routes(gw: Gateway) -> list[ApiRoute]:
    """Operations on the list."""

    async def search(request: web.Request) -> web.StreamResponse:
        gw.address_limits.check(f"search:{request.remote}")
        query = read_query(request, SearchQuery)
        found = await gw.search.search(query.q, lang=query.lang, city=query.city, k=query.k)
        return json_response(found.as_dict())

    async def listing(request: web.Request) -> web.StreamResponse:
        query = read_query(request, ListQuery)
        page = list_services(
            gw.search.catalogue,
            city=query.city,
            domain=query.domain,
            channel=query.channel,
            mode=query.mode,
            page=query.page,
            page_size=query.page_size,
        )
        return json_response(page)

    async def one(request: web.Request) -> web.StreamResponse:
        read_query(request, LangQuery)
        code = request.match_info["code"]
        today = gw.clock.now().astimezone(CITY_TZ).date()
        item = gw.search.catalogue.get(code)
        return json_response(
            service_json(item, gw.search.catalogue, lang=lang_of(request), today=today)
        )

    tags = ("service list",)
    return [
        ApiRoute("GET", "/api/v1/services/search", search, None, SearchResponse,
                 "Find services in the resident's own words", tags, (400, 429, 503), SearchQuery),
        ApiRoute("GET", "/api/v1/services", listing, None, ListResponse,
                 "The list, page by page", tags, (400, 503), ListQuery),
        ApiRoute("GET", "/api/v1/services/{code}", one, None, ServiceResponse,
                 "One service in both cities", tags, (400, 404, 503), LangQuery),
    ]  # fmt: skip
