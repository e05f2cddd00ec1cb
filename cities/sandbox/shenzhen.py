"""Sandbox business system of Shenzhen: JSON, OAuth 2.0 client credentials, pinyin abbreviations, 分.

`python -m cities.sandbox.shenzhen --port N --data DIR`. Written from the wire description only, apart
from the adapter, so that the two check each other.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

import orjson
from aiohttp import web

from cities.credentials import CLIENT_ID
from cities.sandbox.faults import Malformation
from cities.sandbox.server import SANDBOX, main
from cities.sandbox.store import Row
from core.clock import CITY_TZ

TOKEN_TTL_S = 600
_ZHZT = {"active": "01", "sealed": "02", "frozen": "04", "closed": "09"}
_XZDM = {
    "pension": "110", "unemployment": "210", "medical": "310", "injury": "410", "maternity": "510",
}  # fmt: skip
_CBZT = {"contributing": "1", "paused": "2", "retired": "3", "ended": "4"}
_KZT = {
    "received": "10", "photo_failed": "15", "producing": "20", "shipped": "30", "at_counter": "40",
    "activated": "50", "lost": "60",
}  # fmt: skip
_BJZT = {
    "received": "SJ", "in_review": "SC", "needs_correction": "BZ", "decided": "JD", "issued": "BJ",
    "withdrawn": "CX",
}  # fmt: skip
_GQYY = {
    "photo_background": "ZPBJ", "photo_unclear": "ZPMH", "guardian_papers": "JHRCL",
    "address_unclear": "DZBM", "document_missing": "CLQS",
}  # fmt: skip
Data = dict[str, Any]


def routes(app: web.Application) -> None:
    """Add Shenzhen's addresses."""
    app.router.add_post("/auth/oauth2/token", _token)
    app.router.add_post("/gjj/v1/grzh", _fund)
    app.router.add_post("/sb/v1/cbjl", _insured)
    app.router.add_post("/sbk/v1/kzt", _card)
    app.router.add_post("/bj/v1/wdbj", _my_cases)
    app.router.add_post("/bj/v1/bjcx", _one_case)


async def _token(request: web.Request) -> web.Response:
    sandbox = request.app[SANDBOX]
    form = await request.post()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        pair = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        pair = b""
    right = f"{CLIENT_ID}:{sandbox.secret}".encode()
    if scheme != "Basic" or not hmac.compare_digest(pair, right):
        return web.json_response({"error": "invalid_client"}, status=401)
    if form.get("grant_type") != "client_credentials":
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    token = await sandbox.store.issue_bearer(sandbox.clock.now().timestamp(), TOKEN_TTL_S)
    return web.json_response(
        {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_TTL_S}
    )


async def _question(request: web.Request, key: str) -> str:
    """The checked question; raises 401 without a valid token, 400 for a bad body."""
    sandbox = request.app[SANDBOX]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    now = sandbox.clock.now().timestamp()
    if scheme != "Bearer" or not await sandbox.store.bearer_valid(token, now):
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    try:
        value = orjson.loads(await request.read())[key]
    except (ValueError, KeyError, TypeError):
        raise web.HTTPBadRequest() from None
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise web.HTTPBadRequest()
    return value


def _reply(request: web.Request, data: Data | None, asked: str | None) -> web.Response:
    """The envelope: `code` 0 or 2001 (no such account), `sjc` local time, `wlsfbs` whose record."""
    sandbox = request.app[SANDBOX]
    body: Data = {
        "code": "0" if data is not None else "2001",
        "msg": "成功" if data is not None else "未查询到账户信息",
        "sjc": sandbox.clock.now().astimezone(CITY_TZ).strftime("%Y%m%d%H%M%S"),
        "wlsfbs": asked,
        "data": data,
    }
    raw = orjson.dumps(body)
    spoilt = sandbox.weather.malformation
    if spoilt is not None:
        raw = _spoil(body, raw, spoilt)
    return web.Response(body=raw, content_type="application/json")


def _spoil(body: Data, raw: bytes, how: Malformation) -> bytes:
    if how == "truncated":
        return raw[: len(raw) // 2]
    if how == "other_person":
        return orjson.dumps({**body, "wlsfbs": "netid-somebody-else"})
    if how == "missing_field":
        first = next(iter(body["data"] or {"": 0}))
        left = {k: v for k, v in (body["data"] or {}).items() if k != first}
        return orjson.dumps({**body, "code": "0", "data": left})
    return orjson.dumps({**body, "code": "0", "data": {k: [] for k in body["data"] or {"x": 0}}})


async def _fund(request: web.Request) -> web.Response:
    asked = await _question(request, "wlsfbs")
    found = await request.app[SANDBOX].store.fund(asked)
    if found is None:
        return _reply(request, None, asked)
    row, deposits = found
    data = {
        "grzh": row["account_no"],
        "zhzt": _ZHZT[row["status"]],
        "zhye": row["balance"],
        "ktqje": 0 if row["status"] in ("frozen", "closed") else row["balance"],
        "jcjs": row["base"],
        "dwjcbl": row["employer_bp"],
        "grjcbl": row["personal_bp"],
        "dwmc": row["employer"],
        "khrq": _day(row["opened_on"]),
        "yhkh": row["bound_card"],
        "jcmx": [
            {"jcny": _day(d["month"]), "jcje": d["amount"], "rzrq": _day(d["posted_on"])}
            for d in deposits
        ],
    }
    return _reply(request, data, asked)


async def _insured(request: web.Request) -> web.Response:
    asked = await _question(request, "wlsfbs")
    found = await request.app[SANDBOX].store.insured(asked)
    if found is None:
        return _reply(request, None, asked)
    row, spans = found
    data = {
        "sbdnh": row["number"],
        "cbzt": _CBZT[row["status"]],
        "jfjs": row["base"],
        "dwmc": row["employer"],
        "xzlb": [
            {
                "xzdm": _XZDM[scheme],
                "cbzt": _CBZT[row["status"]],
                "cbqj": [{"ksny": _day(str(s.start)), "jsny": _day(str(s.through))} for s in part],
            }
            for scheme, part in spans.items()
        ],
    }
    return _reply(request, data, asked)


async def _card(request: web.Request) -> web.Response:
    asked = await _question(request, "wlsfbs")
    found = await request.app[SANDBOX].store.card(asked)
    if found is None:
        return _reply(request, None, asked)
    row, steps = found
    data = {
        "sqbh": row["application_no"],
        "sbkh": row["card_no"],
        "khyh": row["bank"],
        "kzt": _KZT[row["state"]],
        "gqyy": _GQYY[row["hold"]] if row["hold"] else None,
        "lqfs": "YJ" if row["delivery"] == "mail" else "WD",
        "jdlb": [{"ztdm": _KZT[s["state"]], "ztrq": _day(s["day"])} for s in steps],
    }
    return _reply(request, data, asked)


async def _my_cases(request: web.Request) -> web.Response:
    asked = await _question(request, "wlsfbs")
    found = await request.app[SANDBOX].store.cases(network_id=asked)
    return _reply(request, _cases(found), asked)


async def _one_case(request: web.Request) -> web.Response:
    number = await _question(request, "ywlsh")
    found = await request.app[SANDBOX].store.cases(case_no=number)
    return _reply(request, _cases(found), None)


def _cases(found: list[tuple[Row, list[Row]]]) -> Data | None:
    return {"bjlb": [_case(row, steps) for row, steps in found]} if found else None


def _case(row: Row, steps: list[Row]) -> Data:
    return {
        "ywlsh": row["case_no"],
        "sxbm": row["item"],
        "sxmc": row["title_zh"],
        "sxmc_en": row["title_en"],
        "bjzt": _BJZT[row["state"]],
        "slrq": _day(row["received_on"]),
        "cnrq": _day(row["promised_on"]),
        "gqyy": _GQYY[row["hold"]] if row["hold"] else None,
        "bllc": [
            {
                "hjdm": _BJZT[s["state"]],
                "hjrq": _day(s["day"]),
                "cbbm": s["office_zh"],
                "cbbm_en": s["office_en"],
            }
            for s in steps
        ],
    }


def _day(iso: str) -> str:
    return iso.replace("-", "")


if __name__ == "__main__":
    raise SystemExit(main("shenzhen", routes))
