"""Adapter to Dongguan's business systems: XML over HTTP in GB 18030, signed requests and answers
(`cities.signing`), English element names, letters for codes, amounts as yuan strings, GB/T 7408 dates.

It decides what a valid answer is: a wrong signature, a missing element, an unknown code or an answer
about somebody else is `malformed`. It never keeps an answer, and logs nothing.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from cities import signing
from cities.months import Month, Span
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
from core.clock import Clock

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FUND: Mapping[str, FundStatus] = {"N": "active", "F": "sealed", "D": "frozen", "X": "closed"}
_SCHEME: Mapping[str, Scheme] = {
    "YL": "pension", "YB": "medical", "SY": "unemployment", "GS": "injury", "SYU": "maternity",
}  # fmt: skip
_INSURED: Mapping[str, InsuredStatus] = {
    "A": "contributing", "P": "paused", "R": "retired", "T": "ended",
}  # fmt: skip
_CARD: Mapping[str, CardState] = {
    "ACCEPTED": "received", "PHOTO_REJECT": "photo_failed", "MAKING": "producing",
    "POSTED": "shipped", "ARRIVED": "at_counter", "ACTIVE": "activated", "LOSS": "lost",
}  # fmt: skip
_CASE: Mapping[str, CaseState] = {
    "1": "received", "2": "in_review", "3": "needs_correction", "4": "decided", "5": "issued",
    "9": "withdrawn",
}  # fmt: skip
_HOLD: Mapping[str, Hold] = {
    "P01": "photo_background", "P02": "photo_unclear", "G01": "guardian_papers",
    "A01": "address_unclear", "M01": "document_missing",
}  # fmt: skip
_AMOUNT = re.compile(r"^\d{1,9}\.\d{2}$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_NUMBER = re.compile(r"^[0-9A-Z]{6,43}$")
_ITEM = re.compile(r"^SG-[A-Z]{2}-\d{3}$")
_PATH = "/dgsvc/exchange"
T = TypeVar("T")


class DongguanSystem:
    """Dongguan behind our ports."""

    city: City = "dongguan"

    def __init__(
        self, base_url: str, client_id: str, secret: str, session: SessionSource, clock: Clock
    ) -> None:
        self._base = base_url.rstrip("/")
        self._app = client_id
        self._secret = secret
        self._session = session
        self._clock = clock

    async def housing_fund(self, network_id: str) -> Answer[HousingFundAccount]:
        """The account of a person; raises `CityFailure`."""
        return await self._person("HF.ACCOUNT", network_id, "FundAccount", _fund)

    async def social_security(self, network_id: str) -> Answer[SocialSecurityRecord]:
        """The insurance record of a person; raises `CityFailure`."""
        return await self._person("SI.RECORD", network_id, "Insurance", _insured)

    async def social_card(self, network_id: str) -> Answer[SocialCard]:
        """The card or running application of a person; raises `CityFailure`."""
        return await self._person("SC.STATUS", network_id, "Card", _card)

    async def cases_of(self, network_id: str) -> Answer[tuple[CaseProgress, ...]]:
        """All cases of a person, newest first; raises `CityFailure`."""
        return await self._person("GA.MINE", network_id, "Cases", _cases)

    async def case(self, case_no: str) -> Answer[tuple[CaseProgress, ...]]:
        """The case with this number; raises `CityFailure`."""
        answer = _answer(await self._ask("GA.ONE", "CaseNo", case_no), "Cases", _cases)
        if answer.value is not None and [c.case_no for c in answer.value] != [case_no]:
            raise CityFailure("malformed", where="CaseNo")
        return answer

    async def _person(
        self, trade: str, network_id: str, element: str, build: Callable[[Element], T]
    ) -> Answer[T]:
        root = await self._ask(trade, "NetId", network_id)
        if _text(root, "NetId") != network_id:
            raise CityFailure("malformed", where="NetId")
        return _answer(root, element, build)

    async def _ask(self, trade: str, key: str, value: str) -> Element:
        """One signed exchange; the nonce is new each time, so a repeated question is no replay."""
        body = (
            f'<?xml version="1.0" encoding="GB18030"?><Request><Trade>{trade}</Trade>'
            f"<{key}>{escape(value)}</{key}></Request>"
        ).encode(signing.CHARSET)
        timestamp = str(int(self._clock.now().timestamp()))
        nonce = secrets.token_hex(16)
        headers = {
            "Content-Type": "application/xml; charset=GB18030",
            signing.APP: self._app,
            signing.TIMESTAMP: timestamp,
            signing.NONCE: nonce,
            signing.SIGNATURE: signing.sign_request(
                self._secret, method="POST", path=_PATH, timestamp=timestamp, nonce=nonce, body=body
            ),
        }
        reply = await post(self._session(), self._base + _PATH, headers=headers, body=body)
        if reply.status != 200:
            raise CityFailure("refused", where=str(reply.status))
        return self._checked(reply, nonce)

    def _checked(self, reply: Reply, nonce: str) -> Element:
        expected = signing.sign_answer(self._secret, nonce=nonce, body=reply.body)
        if not signing.same(reply.headers.get(signing.SIGNATURE, ""), expected):
            raise CityFailure("malformed", where="signature")
        root = parse_document(reply.body)
        if root.tag != "Response":
            raise CityFailure("malformed", where="Response")
        code = _text(root, "RetCode")
        if code == "E900":
            raise CityFailure("down", safe=True)
        if code not in ("0000", "0404"):
            raise CityFailure("refused", where="RetCode")
        return root


def parse_document(body: bytes) -> Element:
    """Root of a GB 18030 document without DTD or entities; raises `CityFailure`.

    Expat knows no multi-byte encodings, so the text is decoded first and the declaration dropped.
    """
    try:
        text = body.decode(signing.CHARSET)
        text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
        root: Element = ElementTree.fromstring(text, forbid_dtd=True)
    except (UnicodeDecodeError, ElementTree.ParseError, DefusedXmlException, ValueError):
        raise CityFailure("malformed", where="xml") from None
    return root


def _answer(root: Element, element: str, build: Callable[[Element], T]) -> Answer[T]:
    try:
        as_of = dt.datetime.fromisoformat(_text(root, "RespTime"))
        if as_of.tzinfo is None:
            raise ValueError("no offset")
    except ValueError:
        raise CityFailure("malformed", where="RespTime") from None
    if _text(root, "RetCode") == "0404":
        return Answer(None, as_of)
    found = root.find(element)
    if found is None:
        raise CityFailure("malformed", where=element)
    try:
        return Answer(build(found), as_of)
    except (ValueError, KeyError):  # an unknown code, an impossible date
        raise CityFailure("malformed", where=element) from None


def _optional(parent: Element, tag: str) -> str | None:
    found = parent.findtext(tag)
    return found.strip() or None if found is not None else None


def _text(parent: Element, tag: str) -> str:
    found = _optional(parent, tag)
    if found is None or len(found) > 200:
        raise CityFailure("malformed", where=tag)
    return found


def _matching(parent: Element, tag: str, pattern: re.Pattern[str]) -> str:
    found = _text(parent, tag)
    if not (found.isascii() and pattern.match(found)):
        raise CityFailure("malformed", where=tag)
    return found


def _yuan(parent: Element, tag: str) -> Decimal:
    return Decimal(_matching(parent, tag, _AMOUNT))


def _day(parent: Element, tag: str) -> dt.date:
    return dt.date.fromisoformat(_matching(parent, tag, _DAY))


def _ratio(parent: Element, tag: str) -> Decimal:
    """`5%` → 0.05."""
    percent = _matching(parent, tag, re.compile(r"^\d{1,2}(\.\d{1,2})?%$"))
    return Decimal(percent[:-1]) / 100


def _fund(data: Element) -> HousingFundAccount:
    deposits = [
        Deposit(Month.parse(_text(d, "Period")), _yuan(d, "Amt"), _day(d, "PostDate"))
        for d in data.iterfind("Details/Detail")
    ]
    bound = data.find("BoundCard")
    return HousingFundAccount(
        account_no=_matching(data, "AcctNo", _NUMBER),
        status=_FUND[_text(data, "Status")],
        balance=_yuan(data, "Balance"),
        withdrawable=_yuan(data, "MaxDraw"),
        base=_yuan(data, "Base"),
        employer_ratio=_ratio(data, "CorpRate"),
        personal_ratio=_ratio(data, "SelfRate"),
        employer=_text(data, "CorpName"),
        opened_on=_day(data, "OpenDate"),
        bound_card=None if bound is None else _matching(data, "BoundCard", _NUMBER),
        deposits=tuple(sorted(deposits, key=lambda d: d.month, reverse=True)[:12]),
    )


def _scheme(data: Element) -> SchemeRecord:
    """Dongguan counts itself and lists the interruptions; the three figures must agree."""
    missing = tuple(
        sorted(
            Span(Month.parse(_text(b, "From")), Month.parse(_text(b, "To")))
            for b in data.iterfind("Break")
        )
    )
    months = int(_matching(data, "TotalMonths", re.compile(r"^\d{1,4}$")))
    first_text, last_text = _optional(data, "FirstMonth"), _optional(data, "LastMonth")
    first = Month.parse(first_text) if first_text else None
    last = Month.parse(last_text) if last_text else None
    if first is not None and last is not None:
        if Span(first, last).months - sum(gap.months for gap in missing) != months:
            raise CityFailure("malformed", where="TotalMonths")
    elif months or missing or first is not last:
        raise CityFailure("malformed", where="FirstMonth")
    return SchemeRecord(
        scheme=_SCHEME[_text(data, "Kind")],
        status=_INSURED[_text(data, "State")],
        months=months,
        first=first,
        through=last,
        gaps=missing,
    )


def _insured(data: Element) -> SocialSecurityRecord:
    schemes = sorted(
        (_scheme(s) for s in data.iterfind("Scheme")), key=lambda s: SCHEMES.index(s.scheme)
    )
    if len({s.scheme for s in schemes}) != len(schemes):
        raise CityFailure("malformed", where="Scheme")
    return SocialSecurityRecord(
        number=_matching(data, "SocialNo", _NUMBER),
        status=_INSURED[_text(data, "State")],
        base=_yuan(data, "Base"),
        employer=_optional(data, "CorpName"),
        schemes=tuple(schemes),
    )


def _hold(data: Element) -> Hold | None:
    code = _optional(data, "HoldCode")
    return _HOLD[code] if code else None


def _card(data: Element) -> SocialCard:
    steps = [CardStep(_CARD[_text(s, "State")], _day(s, "Date")) for s in data.iterfind("Trace")]
    made = data.find("CardNo")
    delivery = _text(data, "Pickup")
    if delivery not in ("MAIL", "COUNTER") or not steps:
        raise CityFailure("malformed", where="Pickup")
    return SocialCard(
        card_no=None if made is None else _matching(data, "CardNo", _NUMBER),
        application_no=_matching(data, "ApplyNo", _NUMBER),
        bank=_text(data, "BankName"),
        state=_CARD[_text(data, "State")],
        hold=_hold(data),
        delivery="mail" if delivery == "MAIL" else "counter",
        steps=tuple(sorted(steps, key=lambda s: s.on)),
    )


def _cases(data: Element) -> tuple[CaseProgress, ...]:
    cases = [_case(one) for one in data.iterfind("Case")]
    return tuple(sorted(cases, key=lambda c: c.received_on, reverse=True))


def _both(parent: Element, tag: str) -> LocalText:
    return LocalText(zh=_text(parent, tag), en=_text(parent, f"{tag}En"))


def _case(data: Element) -> CaseProgress:
    steps = [
        CaseStep(_CASE[_text(s, "State")], _day(s, "Date"), _both(s, "Office"))
        for s in data.iterfind("Flow")
    ]
    if not steps:
        raise CityFailure("malformed", where="Flow")
    return CaseProgress(
        case_no=_matching(data, "CaseNo", _NUMBER),
        item_code=_matching(data, "ItemCode", _ITEM),
        title=_both(data, "ItemName"),
        state=_CASE[_text(data, "State")],
        received_on=_day(data, "AcceptDate"),
        promised_on=_day(data, "PromiseDate"),
        hold=_hold(data),
        steps=tuple(sorted(steps, key=lambda s: s.on)),
    )
