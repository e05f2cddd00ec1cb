"""Adapter to Shenzhen's business systems: JSON over HTTP, OAuth 2.0 client credentials (RFC 6749
section 4.4), names abbreviated from pinyin, amounts as whole 分 (cents), dates as `YYYYMMDD`.

It decides what a valid answer is: anything else, or an answer about somebody else, is `malformed`.
It never keeps an answer, and logs nothing.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cities.months import Month, Span, gaps, merged
from cities.ports import (
    SCHEMES,
    Answer,
    CardState,
    CardStep,
    CaseProgress,
    CaseState,
    CaseStep,
    CityFailure,
    Deposit,
    FundStatus,
    Hold,
    HousingFundAccount,
    InsuredStatus,
    Scheme,
    SchemeRecord,
    SocialCard,
    SocialSecurityRecord,
)
from cities.transport import Reply, SessionSource, post
from core.cards import City, LocalText
from core.clock import CITY_TZ, Clock

_FUND: Mapping[str, FundStatus] = {"01": "active", "02": "sealed", "04": "frozen", "09": "closed"}
_SCHEME: Mapping[str, Scheme] = {
    "110": "pension", "310": "medical", "210": "unemployment", "410": "injury", "510": "maternity",
}  # fmt: skip
_INSURED: Mapping[str, InsuredStatus] = {
    "1": "contributing", "2": "paused", "3": "retired", "4": "ended",
}  # fmt: skip
_CARD: Mapping[str, CardState] = {
    "10": "received", "15": "photo_failed", "20": "producing", "30": "shipped",
    "40": "at_counter", "50": "activated", "60": "lost",
}  # fmt: skip
_CASE: Mapping[str, CaseState] = {
    "SJ": "received", "SC": "in_review", "BZ": "needs_correction", "JD": "decided",
    "BJ": "issued", "CX": "withdrawn",
}  # fmt: skip
_HOLD: Mapping[str, Hold] = {
    "ZPBJ": "photo_background", "ZPMH": "photo_unclear", "JHRCL": "guardian_papers",
    "DZBM": "address_unclear", "CLQS": "document_missing",
}  # fmt: skip
_EARLY_S = 30.0
"""A bearer token is renewed this long before it lapses."""

Fen = Annotated[int, Field(ge=0, le=100_000_000_000)]
Day8 = Annotated[str, StringConstraints(pattern=r"^\d{8}$")]
Month6 = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Short = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,43}$")]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Deposit(_Wire):
    jcny: Month6
    jcje: Fen
    rzrq: Day8


class _Fund(_Wire):
    grzh: Number
    zhzt: str
    zhye: Fen
    ktqje: Fen
    jcjs: Fen
    dwjcbl: Annotated[int, Field(ge=0, le=3000)]
    grjcbl: Annotated[int, Field(ge=0, le=3000)]
    dwmc: Short
    khrq: Day8
    yhkh: Number | None
    jcmx: Annotated[list[_Deposit], Field(max_length=24)]


class _Stretch(_Wire):
    ksny: Month6
    jsny: Month6


class _Scheme(_Wire):
    xzdm: str
    cbzt: str
    cbqj: Annotated[list[_Stretch], Field(max_length=200)]


class _Insured(_Wire):
    sbdnh: Number
    cbzt: str
    jfjs: Fen
    dwmc: Short | None
    xzlb: Annotated[list[_Scheme], Field(max_length=5)]


class _CardStep(_Wire):
    ztdm: str
    ztrq: Day8


class _CardData(_Wire):
    sqbh: Number
    sbkh: Number | None
    khyh: Short
    kzt: str
    gqyy: str | None
    lqfs: Literal["YJ", "WD"]
    jdlb: Annotated[list[_CardStep], Field(min_length=1, max_length=40)]


class _CaseStep(_Wire):
    hjdm: str
    hjrq: Day8
    cbbm: Short
    cbbm_en: Short


class _CaseData(_Wire):
    ywlsh: Number
    sxbm: Annotated[str, StringConstraints(pattern=r"^SG-[A-Z]{2}-\d{3}$")]
    sxmc: Short
    sxmc_en: Short
    bjzt: str
    slrq: Day8
    cnrq: Day8
    gqyy: str | None
    bllc: Annotated[list[_CaseStep], Field(min_length=1, max_length=60)]


class _CaseList(_Wire):
    bjlb: Annotated[list[_CaseData], Field(max_length=100)]


class _Envelope(_Wire):
    code: Literal["0", "2001", "4003", "5000"]
    sjc: Annotated[str, StringConstraints(pattern=r"^\d{14}$")]
    wlsfbs: str | None
    """Whose record this is; must be the one asked for."""
    data: dict[str, object] | None


class _Token(_Wire):
    access_token: Annotated[str, StringConstraints(min_length=16, max_length=4096)]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(ge=1, le=86400)]


W = TypeVar("W", bound=_Wire)
T = TypeVar("T")


class ShenzhenSystem:
    """Shenzhen behind our ports."""

    city: City = "shenzhen"

    def __init__(
        self, base_url: str, client_id: str, secret: str, session: SessionSource, clock: Clock
    ) -> None:
        self._base = base_url.rstrip("/")
        self._basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._session = session
        self._clock = clock
        self._token: str | None = None
        self._token_until = 0.0
        self._token_lock = asyncio.Lock()

    async def housing_fund(self, network_id: str) -> Answer[HousingFundAccount]:
        """The account of a person; raises `CityFailure`."""
        return await self._person("/gjj/v1/grzh", network_id, _Fund, _fund)

    async def social_security(self, network_id: str) -> Answer[SocialSecurityRecord]:
        """The insurance record of a person; raises `CityFailure`."""
        return await self._person("/sb/v1/cbjl", network_id, _Insured, _insured)

    async def social_card(self, network_id: str) -> Answer[SocialCard]:
        """The card or running application of a person; raises `CityFailure`."""
        return await self._person("/sbk/v1/kzt", network_id, _CardData, _card)

    async def cases_of(self, network_id: str) -> Answer[tuple[CaseProgress, ...]]:
        """All cases of a person, newest first; raises `CityFailure`."""
        return await self._person("/bj/v1/wdbj", network_id, _CaseList, _cases)

    async def case(self, case_no: str) -> Answer[tuple[CaseProgress, ...]]:
        """The case with this number; raises `CityFailure`."""
        envelope = await self._ask("/bj/v1/bjcx", {"ywlsh": case_no})
        answer = _answer(envelope, _CaseList, _cases)
        if answer.value is not None and [c.case_no for c in answer.value] != [case_no]:
            raise CityFailure("malformed", where="ywlsh")
        return answer

    async def _person(
        self, path: str, network_id: str, wire: type[W], build: Callable[[W], T]
    ) -> Answer[T]:
        envelope = await self._ask(path, {"wlsfbs": network_id})
        if envelope.wlsfbs != network_id:
            raise CityFailure("malformed", where="wlsfbs")
        return _answer(envelope, wire, build)

    async def _ask(self, path: str, question: dict[str, str]) -> _Envelope:
        body = orjson.dumps(question)
        reply = await self._with_token(path, body, await self._bearer())
        if reply.status == 401:  # lapsed or revoked on their side: fetch a new one, once
            self._token = None
            reply = await self._with_token(path, body, await self._bearer())
        if reply.status != 200:
            raise CityFailure("refused", where=str(reply.status))
        envelope = _parse(_Envelope, reply.body)
        if envelope.code == "5000":
            raise CityFailure("down", safe=True)
        if envelope.code == "4003":
            raise CityFailure("refused", where="4003")
        return envelope

    async def _with_token(self, path: str, body: bytes, token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return await post(self._session(), self._base + path, headers=headers, body=body)

    async def _bearer(self) -> str:
        async with self._token_lock:
            if self._token is None or self._clock.monotonic() >= self._token_until:
                headers = {
                    "Authorization": f"Basic {self._basic}",
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                body = b"grant_type=client_credentials&scope=query"
                asked = self._clock.monotonic()
                reply = await post(
                    self._session(), self._base + "/auth/oauth2/token", headers=headers, body=body
                )
                if reply.status != 200:
                    raise CityFailure("refused", where="token")
                token = _parse(_Token, reply.body)
                self._token = token.access_token
                self._token_until = asked + max(1.0, token.expires_in - _EARLY_S)
            return self._token


def _parse(wire: type[W], body: bytes | dict[str, object]) -> W:
    try:
        data = orjson.loads(body) if isinstance(body, bytes) else body
        return wire.model_validate(data)
    except ValidationError as wrong:
        place = ".".join(str(part) for part in wrong.errors(include_input=False)[0]["loc"])
        raise CityFailure("malformed", where=place) from None
    except ValueError:
        raise CityFailure("malformed", where="json") from None


def _answer(envelope: _Envelope, wire: type[W], build: Callable[[W], T]) -> Answer[T]:
    try:
        as_of = dt.datetime.strptime(envelope.sjc, "%Y%m%d%H%M%S").replace(tzinfo=CITY_TZ)
    except ValueError:
        raise CityFailure("malformed", where="sjc") from None
    if envelope.code == "2001":
        return Answer(None, as_of)
    if envelope.data is None:
        raise CityFailure("malformed", where="data")
    parsed = _parse(wire, envelope.data)
    try:
        return Answer(build(parsed), as_of)
    except (ValueError, KeyError):  # an unknown code, an impossible date
        raise CityFailure("malformed", where=wire.__name__) from None


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _day(text: str) -> dt.date:
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _fund(data: _Fund) -> HousingFundAccount:
    deposits = [Deposit(Month.parse(d.jcny), _yuan(d.jcje), _day(d.rzrq)) for d in data.jcmx]
    return HousingFundAccount(
        account_no=data.grzh,
        status=_FUND[data.zhzt],
        balance=_yuan(data.zhye),
        withdrawable=_yuan(data.ktqje),
        base=_yuan(data.jcjs),
        employer_ratio=Decimal(data.dwjcbl) / 10000,
        personal_ratio=Decimal(data.grjcbl) / 10000,
        employer=data.dwmc,
        opened_on=_day(data.khrq),
        bound_card=data.yhkh,
        deposits=tuple(sorted(deposits, key=lambda d: d.month, reverse=True)[:12]),
    )


def _scheme(data: _Scheme) -> SchemeRecord:
    """Shenzhen lists stretches of contributions; totals and gaps follow from them."""
    spans = merged(Span(Month.parse(s.ksny), Month.parse(s.jsny)) for s in data.cbqj)
    return SchemeRecord(
        scheme=_SCHEME[data.xzdm],
        status=_INSURED[data.cbzt],
        months=sum(span.months for span in spans),
        first=spans[0].start if spans else None,
        through=spans[-1].through if spans else None,
        gaps=gaps(spans),
    )


def _insured(data: _Insured) -> SocialSecurityRecord:
    schemes = sorted((_scheme(s) for s in data.xzlb), key=lambda s: SCHEMES.index(s.scheme))
    if len({s.scheme for s in schemes}) != len(schemes):
        raise ValueError("a scheme is listed twice")
    return SocialSecurityRecord(
        number=data.sbdnh,
        status=_INSURED[data.cbzt],
        base=_yuan(data.jfjs),
        employer=data.dwmc,
        schemes=tuple(schemes),
    )


def _card(data: _CardData) -> SocialCard:
    steps = [CardStep(_CARD[s.ztdm], _day(s.ztrq)) for s in data.jdlb]
    return SocialCard(
        card_no=data.sbkh,
        application_no=data.sqbh,
        bank=data.khyh,
        state=_CARD[data.kzt],
        hold=_HOLD[data.gqyy] if data.gqyy else None,
        delivery="mail" if data.lqfs == "YJ" else "counter",
        steps=tuple(sorted(steps, key=lambda s: s.on)),
    )


def _cases(data: _CaseList) -> tuple[CaseProgress, ...]:
    cases = [_case(one) for one in data.bjlb]
    return tuple(sorted(cases, key=lambda c: c.received_on, reverse=True))


def _case(data: _CaseData) -> CaseProgress:
    steps = [
        CaseStep(_CASE[s.hjdm], _day(s.hjrq), LocalText(zh=s.cbbm, en=s.cbbm_en)) for s in data.bllc
    ]
    return CaseProgress(
        case_no=data.ywlsh,
        item_code=data.sxbm,
        title=LocalText(zh=data.sxmc, en=data.sxmc_en),
        state=_CASE[data.bjzt],
        received_on=_day(data.slrq),
        promised_on=_day(data.cnrq),
        hold=_HOLD[data.gqyy] if data.gqyy else None,
        steps=tuple(sorted(steps, key=lambda s: s.on)),
    )
