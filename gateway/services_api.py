"""The service list over HTTP: search, items, life events, centres. Read only; every answer names its
version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.cards import City, LocalText, Status
from core.clock import CITY_TZ
from core.errors import InvalidInput
from core.http import field_errors, json_response, lang_of
from core.i18n import Lang
from gateway.context import Gateway
from gateway.openapi import ApiRoute
from knowledge.bundle_card import brief_bundle, bundle_json
from knowledge.bundles import get_bundle, read_answers
from knowledge.catalogue import Catalogue
from knowledge.centre_card import centre_json, list_centres
from knowledge.centres import Wish, districts_named, find, get_centre
from knowledge.facts import in_force
from knowledge.model import Accessibility, Channel, CrossCityMode, Domain
from knowledge.present import list_services, service_json

M = TypeVar("M", bound=BaseModel)
SpokenLanguage = Literal["zh", "en", "yue"]


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


class BundleQuery(_Query):
    """Query of one life event."""

    lang: Lang | None = Field(None, description="Language of the plan")
    answers: str = Field(
        "",
        max_length=400,
        pattern=r"^([a-z0-9_]{2,40}:(yes|no)(,[a-z0-9_]{2,40}:(yes|no))*)?$",
        description="Answers to its questions: id:yes,id:no",
    )


class CentreQuery(_Query):
    """Query of the service centres; several conditions must all hold."""

    city: City | None = Field(None, description="In this city")
    district: str | None = Field(
        None, min_length=1, max_length=40, description="District or town, Chinese or English"
    )
    item: str | None = Field(
        None, pattern=r"^SG-[A-Z]{2}-[0-9]{3}$", description="Handles this item"
    )
    all_day: bool = Field(False, description="With a machine that can be used day and night")
    cross_city: bool = Field(False, description="With a counter for the other city's matters")
    terminal: bool = Field(False, description="With a self-service machine")
    accessibility: Accessibility | None = Field(None, description="With this facility")
    language: SpokenLanguage | None = Field(None, description="Served in this language")
    open_now: bool = Field(False, description="Open at this moment; public holidays not looked at")
    lat: float | None = Field(None, ge=-90, le=90, description="Latitude, WGS 84: nearest first")
    lon: float | None = Field(None, ge=-180, le=180, description="Longitude, WGS 84")
    lang: Lang | None = Field(None, description="Language of messages")
    page: int = Field(1, ge=1, le=10_000, description="Page, from 1")
    page_size: int = Field(20, ge=1, le=100, description="Centres on a page")

    @model_validator(mode="after")
    def _whole_position(self) -> CentreQuery:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon belong together")
        return self


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


class BundleBrief(BaseModel):
    """A life event in the list."""

    id: str
    name: LocalText
    summary: LocalText
    steps: list[str] = Field(description="Item codes, as the list has them")
    as_of: str
    status: Status


class BundleList(BaseModel):
    """All life events."""

    items: list[BundleBrief]
    list_version: str


class BundleResponse(BaseModel):
    """A life event as a plan: what applies, in order, with one list of documents."""

    model_config = ConfigDict(extra="allow")
    id: str
    name: LocalText
    summary: LocalText
    questions: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    total: str | None
    list_version: str


class CentreResponse(BaseModel):
    """A service centre."""

    model_config = ConfigDict(extra="allow")
    id: str
    city: City
    name: LocalText
    address: LocalText
    lat: float
    lon: float
    open: bool | None
    distance_m: int | None


class CentreList(BaseModel):
    """One page of service centres."""

    items: list[CentreResponse]
    total: int
    page: int
    page_size: int
    pages: int
    at: str = Field(description="Moment that `open` is about, in China Standard Time")
    list_version: str


class CentreOne(CentreResponse):
    """One service centre with the version it is from."""

    list_version: str


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
        catalogue = gw.search.catalogue  # one version for the whole answer
        return json_response(
            service_json(catalogue.get(code), catalogue, lang=lang_of(request), today=_today(gw))
        )

    async def bundles(request: web.Request) -> web.StreamResponse:
        read_query(request, LangQuery)
        catalogue = gw.search.catalogue
        found = in_force(catalogue.bundles.values(), _today(gw))
        listed = [brief_bundle(bundle) for bundle in found]
        return json_response({"items": listed, "list_version": catalogue.version})

    async def bundle(request: web.Request) -> web.StreamResponse:
        query = read_query(request, BundleQuery)
        catalogue = gw.search.catalogue
        found = get_bundle(catalogue, request.match_info["id"])
        answers = read_answers(found, query.answers)
        lang = lang_of(request)
        return json_response(
            bundle_json(catalogue, found, lang=lang, answers=answers, today=_today(gw))
        )

    async def centres(request: web.Request) -> web.StreamResponse:
        query = read_query(request, CentreQuery)
        catalogue, now = gw.search.catalogue, gw.clock.now()
        places = find(catalogue, _wish(catalogue, query, now), _today(gw))
        return json_response(
            list_centres(catalogue, places, now=now, page=query.page, page_size=query.page_size)
        )

    async def centre(request: web.Request) -> web.StreamResponse:
        read_query(request, LangQuery)
        catalogue = gw.search.catalogue
        found = get_centre(catalogue, request.match_info["id"])
        body = centre_json(found, gw.clock.now())
        return json_response({**body, "list_version": catalogue.version})

    tags = ("service list",)
    return [
        ApiRoute("GET", "/api/v1/services/search", search, None, SearchResponse,
                 "Find services in the resident's own words", tags, (400, 429, 503), SearchQuery),
        ApiRoute("GET", "/api/v1/services", listing, None, ListResponse,
                 "The list, page by page", tags, (400, 503), ListQuery),
        ApiRoute("GET", "/api/v1/services/{code}", one, None, ServiceResponse,
                 "One service in both cities", tags, (400, 404, 503), LangQuery),
        ApiRoute("GET", "/api/v1/bundles", bundles, None, BundleList,
                 "Life events", tags, (400, 503), LangQuery),
        ApiRoute("GET", "/api/v1/bundles/{id}", bundle, None, BundleResponse,
                 "One life event as an ordered plan", tags, (400, 404, 503), BundleQuery),
        ApiRoute("GET", "/api/v1/centres", centres, None, CentreList,
                 "Service centres, nearest first where a position is given", tags, (400, 404, 503),
                 CentreQuery),
        ApiRoute("GET", "/api/v1/centres/{id}", centre, None, CentreOne,
                 "One service centre", tags, (400, 404, 503), LangQuery),
    ]  # fmt: skip


def _today(gw: Gateway) -> date:
    return gw.clock.now().astimezone(CITY_TZ).date()


def _wish(catalogue: Catalogue, query: CentreQuery, now: datetime) -> Wish:
    """The query as a wish; raises `UnknownService` for an item that is not in the list."""
    position = None
    if query.lat is not None and query.lon is not None:
        position = (query.lat, query.lon)
    return Wish(
        city=query.city,
        districts=districts_named(catalogue, query.district) if query.district else (),
        item=catalogue.get(query.item) if query.item else None,
        all_day=query.all_day,
        cross_city=query.cross_city,
        terminal=query.terminal,
        accessibility=frozenset([query.accessibility] if query.accessibility else []),
        language=query.language,
        open_at=now if query.open_now else None,
        near=position,
    )
