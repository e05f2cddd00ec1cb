"""Sandbox business system of Dongguan: XML in GB 18030, signed requests and answers, yuan strings.

`python -m cities.sandbox.dongguan --port N --data DIR`. One address, `POST /dgsvc/exchange`; the
document names the trade. A nonce is accepted once, a timestamp within five minutes. Written from the
wire description only, apart from the adapter, so that the two check each other.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from aiohttp import web
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from cities import signing
from cities.credentials import CLIENT_ID
from cities.months import Span, gaps
from cities.sandbox.faults import Malformation
from cities.sandbox.server import SANDBOX, Sandbox, main
from cities.sandbox.store import Row
from core.clock import CITY_TZ

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_STATUS = {"active": "N", "sealed": "F", "frozen": "D", "closed": "X"}
_KIND = {
    "pension": "YL", "medical": "YB", "unemployment": "SY", "injury": "GS", "maternity": "SYU",
}  # fmt: skip
_STATE = {"contributing": "A", "paused": "P", "retired": "R", "ended": "T"}
_CARD = {
    "received": "ACCEPTED", "photo_failed": "PHOTO_REJECT", "producing": "MAKING",
    "shipped": "POSTED", "at_counter": "ARRIVED", "activated": "ACTIVE", "lost": "LOSS",
}  # fmt: skip
_CASE = {
    "received": "1", "in_review": "2", "needs_correction": "3", "decided": "4", "issued": "5",
    "withdrawn": "9",
}  # fmt: skip
_HOLD = {
    "photo_background": "P01", "photo_unclear": "P02", "guardian_papers": "G01",
    "address_unclear": "A01", "document_missing": "M01",
}  # fmt: skip
PATH = "/dgsvc/exchange"


def routes(app: web.Application) -> None:
    """Add Dongguan's address."""
    app.router.add_post(PATH, _exchange)


async def _exchange(request: web.Request) -> web.Response:
    sandbox = request.app[SANDBOX]
    body = await request.read()
    nonce = request.headers.get(signing.NONCE, "")
    refusal = await _refusal(request, sandbox, body, nonce)
    if refusal is not None:
        return web.Response(status=403, text=refusal)
    try:
        text = re.sub(r"^\s*<\?xml[^>]*\?>", "", body.decode(signing.CHARSET), count=1)
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except (UnicodeDecodeError, ElementTree.ParseError, DefusedXmlException, ValueError):
        return web.Response(status=400, text="BAD_DOCUMENT")
    trade = _TRADES.get(root.findtext("Trade") or "")
    if trade is None:
        return web.Response(status=400, text="UNKNOWN_TRADE")
    net_id = root.findtext("NetId")
    found = await trade(sandbox, root)
    return _signed(sandbox, nonce, net_id, found)


async def _refusal(request: web.Request, sandbox: Sandbox, body: bytes, nonce: str) -> str | None:
    """Why this request is not accepted, or None. The nonce is spent only by a genuine request."""
    timestamp = request.headers.get(signing.TIMESTAMP, "")
    given = request.headers.get(signing.SIGNATURE, "")
    expected = signing.sign_request(
        sandbox.secret,
        method=request.method,
        path=request.path,
        timestamp=timestamp,
        nonce=nonce,
        body=body,
    )
    if request.headers.get(signing.APP) != CLIENT_ID or not signing.same(given, expected):
        return "BAD_SIGNATURE"
    now = sandbox.clock.now().timestamp()
    if not re.fullmatch(r"\d{10}", timestamp) or abs(now - int(timestamp)) > signing.WINDOW_S:
        return "STALE"
    if not re.fullmatch(r"[0-9a-f]{32}", nonce):
        return "BAD_NONCE"
    if not await sandbox.store.use_nonce(nonce, now, 2 * signing.WINDOW_S):
        return "REPLAY"
    return None


def _signed(sandbox: Sandbox, nonce: str, net_id: str | None, found: str | None) -> web.Response:
    spoilt = sandbox.weather.malformation
    if spoilt == "other_person":
        net_id = "netid-somebody-else"
    document = (
        '<?xml version="1.0" encoding="GB18030"?><Response>'
        + _e("RetCode", "0000" if found is not None else "0404")
        + _e("RetMsg", "交易成功" if found is not None else "查无记录")
        + _e("RespTime", sandbox.clock.now().astimezone(CITY_TZ).isoformat(timespec="seconds"))
        + (_e("NetId", net_id) if net_id else "")
        + (found or "")
        + "</Response>"
    )
    body = _spoil(document, spoilt).encode(signing.CHARSET)
    signature = signing.sign_answer(sandbox.secret, nonce=nonce, body=body)
    return web.Response(
        body=body,
        headers={"Content-Type": "application/xml; charset=GB18030", signing.SIGNATURE: signature},
    )


def _spoil(document: str, how: Malformation | None) -> str:
    if how == "truncated":
        return document[: len(document) // 2]
    if how == "missing_field":
        return re.sub(r"<RespTime>.*?</RespTime>", "", document)
    if how == "wrong_type":
        return re.sub(r"<RespTime>.*?</RespTime>", "<RespTime>昨天</RespTime>", document)
    return document


def _e(tag: str, value: object) -> str:
    return f"<{tag}>{escape(str(value))}</{tag}>"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g}%"


async def _fund(sandbox: Sandbox, root: Element) -> str | None:
    found = await sandbox.store.fund(root.findtext("NetId") or "")
    if found is None:
        return None
    row, deposits = found
    blocked = row["status"] in ("frozen", "closed")
    details = "".join(
        f"<Detail>{_e('Period', d['month'])}{_e('Amt', _yuan(d['amount']))}"
        f"{_e('PostDate', d['posted_on'])}</Detail>"
        for d in deposits
    )
    return (
        "<FundAccount>"
        + _e("AcctNo", row["account_no"])
        + _e("Status", _STATUS[row["status"]])
        + _e("Balance", _yuan(row["balance"]))
        + _e("MaxDraw", _yuan(0 if blocked else row["balance"]))
        + _e("Base", _yuan(row["base"]))
        + _e("CorpRate", _percent(row["employer_bp"]))
        + _e("SelfRate", _percent(row["personal_bp"]))
        + _e("CorpName", row["employer"])
        + _e("OpenDate", row["opened_on"])
        + (_e("BoundCard", row["bound_card"]) if row["bound_card"] else "")
        + f"<Details>{details}</Details></FundAccount>"
    )


async def _insured(sandbox: Sandbox, root: Element) -> str | None:
    found = await sandbox.store.insured(root.findtext("NetId") or "")
    if found is None:
        return None
    row, spans = found
    schemes = "".join(_scheme(kind, part, row["status"]) for kind, part in spans.items())
    return (
        "<Insurance>"
        + _e("SocialNo", row["number"])
        + _e("State", _STATE[row["status"]])
        + _e("Base", _yuan(row["base"]))
        + (_e("CorpName", row["employer"]) if row["employer"] else "")
        + schemes
        + "</Insurance>"
    )


def _scheme(kind: str, spans: Sequence[Span], status: str) -> str:
    breaks = "".join(
        f"<Break>{_e('From', gap.start)}{_e('To', gap.through)}</Break>" for gap in gaps(spans)
    )
    return (
        "<Scheme>"
        + _e("Kind", _KIND[kind])
        + _e("State", _STATE[status])
        + _e("TotalMonths", sum(span.months for span in spans))
        + _e("FirstMonth", min(spans).start)
        + _e("LastMonth", max(spans).through)
        + breaks
        + "</Scheme>"
    )


async def _card(sandbox: Sandbox, root: Element) -> str | None:
    found = await sandbox.store.card(root.findtext("NetId") or "")
    if found is None:
        return None
    row, steps = found
    return (
        "<Card>"
        + _e("ApplyNo", row["application_no"])
        + (_e("CardNo", row["card_no"]) if row["card_no"] else "")
        + _e("BankName", row["bank"])
        + _e("State", _CARD[row["state"]])
        + (_e("HoldCode", _HOLD[row["hold"]]) if row["hold"] else "")
        + _e("Pickup", "MAIL" if row["delivery"] == "mail" else "COUNTER")
        + "".join(
            f"<Trace>{_e('State', _CARD[s['state']])}{_e('Date', s['day'])}</Trace>" for s in steps
        )
        + "</Card>"
    )


async def _my_cases(sandbox: Sandbox, root: Element) -> str | None:
    return _cases(await sandbox.store.cases(network_id=root.findtext("NetId") or "-"))


async def _one_case(sandbox: Sandbox, root: Element) -> str | None:
    return _cases(await sandbox.store.cases(case_no=root.findtext("CaseNo") or "-"))


def _cases(found: list[tuple[Row, list[Row]]]) -> str | None:
    if not found:
        return None
    return "<Cases>" + "".join(_case(row, steps) for row, steps in found) + "</Cases>"


def _case(row: Row, steps: list[Row]) -> str:
    flow = "".join(
        f"<Flow>{_e('State', _CASE[s['state']])}{_e('Date', s['day'])}"
        f"{_e('Office', s['office_zh'])}{_e('OfficeEn', s['office_en'])}</Flow>"
        for s in steps
    )
    return (
        "<Case>"
        + _e("CaseNo", row["case_no"])
        + _e("ItemCode", row["item"])
        + _e("ItemName", row["title_zh"])
        + _e("ItemNameEn", row["title_en"])
        + _e("State", _CASE[row["state"]])
        + _e("AcceptDate", row["received_on"])
        + _e("PromiseDate", row["promised_on"])
        + (_e("HoldCode", _HOLD[row["hold"]]) if row["hold"] else "")
        + flow
        + "</Case>"
    )


Trade = Callable[[Sandbox, "Element"], Awaitable[str | None]]
_TRADES: dict[str, Trade] = {
    "HF.ACCOUNT": _fund,
    "SI.RECORD": _insured,
    "SC.STATUS": _card,
    "GA.MINE": _my_cases,
    "GA.ONE": _one_case,
}

if __name__ == "__main__":
    raise SystemExit(main("dongguan", routes))
