"""Contract: the HTTP API is what `/api/v1/openapi.json` says, for good input and for bad."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
from aiohttp.test_utils import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.settings import Settings
from tests.gateway_client import rasa_is_seen, running
from tests.product import agent
from tests.rasa_fake import fake_rasa

DOCUMENT = "/api/v1/openapi.json"
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection,ignored_auth,allow_header_conformance"
)
EXAMPLES = 12
ERROR_KEYS = {"code", "message", "retryable", "details"}


@dataclass
class Api:
    """The running gateway and its description."""

    client: TestClient[Any, Any]
    document: dict[str, Any]

    def url(self, path: str = "") -> str:
        """Absolute address of `path`."""
        return str(self.client.make_url(path or "/")).rstrip("/")


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    """The real application with a fake Rasa that is up."""
    async with (
        fake_rasa(settings.dialogue_token()) as (_, url),
        running(settings.model_copy(update={"rasa_url": url})) as (client, gw),
    ):
        await rasa_is_seen(gw)
        async with client.get(DOCUMENT) as answer:
            assert answer.status == 200
            yield Api(client, await answer.json())


async def _signed_in(api: Api, username: str = "linxiao") -> str:
    """The cookie of a demonstration agent."""
    who = agent(username)
    code = pyotp.TOTP(who["totp_secret"]).at(int(time.time()))
    body = {"username": who["username"], "password": who["password"], "totp": code}
    async with asyncio.timeout(20):
        while True:  # the demonstration agents are made while the application starts
            async with api.client.post("/api/v1/desk/login", json=body) as answer:
                if answer.status == 200:
                    return answer.cookies["sg_agent"].value
            await asyncio.sleep(0.05)


async def _schemathesis(api: Api, folder: Path, *options: str) -> tuple[int, str]:
    """Run schemathesis against the running application; exit status and output."""
    process = await asyncio.create_subprocess_exec(
        str(SCHEMATHESIS), "run", api.url(DOCUMENT), f"--url={api.url()}", f"--checks={CHECKS}",
        f"--max-examples={EXAMPLES}", "--phases=examples,coverage,fuzzing", "--seed=20261123",
        "--continue-on-failure", "--no-color", "--generation-database=none", *options,
        cwd=folder, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


async def test_the_document_is_openapi_3_1_and_complete(api: Api) -> None:
    """It validates, names the operations the issue promises, and describes every error the same way."""
    OpenAPIV31SpecValidator(api.document).validate()
    assert api.document["openapi"].startswith("3.1")
    promised = {
        "/api/v1/services", "/api/v1/services/{code}", "/api/v1/services/search",
        "/api/v1/bundles", "/api/v1/bundles/{id}", "/api/v1/centres", "/api/v1/centres/{id}",
        "/api/v1/session", "/webhooks/rest/webhook", "/api/v1/desk/login",
        "/api/v1/admin/records", "/api/v1/admin/drafts/{id}", "/api/v1/admin/versions",
    }  # fmt: skip
    assert promised <= api.document["paths"].keys()
    schemas = api.document["components"]["schemas"]
    body = schemas["ErrorResponse"]["properties"]["error"]["$ref"].rsplit("/", 1)[1]
    assert set(schemas[body]["required"]) == ERROR_KEYS
    for path, operations in api.document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    shape = response["content"]["application/json"]["schema"]
                    assert shape == {"$ref": "#/components/schemas/ErrorResponse"}, (path, method)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/services/SG-XX-999", None, 404),
        ("GET", "/api/v1/services/search", None, 400),
        ("GET", "/api/v1/services/search?q=%20", None, 400),
        ("GET", "/api/v1/services/search?q=a&k=0", None, 400),
        ("GET", "/api/v1/services/search?q=a&q=b", None, 400),
        ("GET", "/api/v1/services?city=guangzhou", None, 400),
        ("GET", "/api/v1/services?page=x", None, 400),
        ("GET", "/api/v1/nothing", None, 404),
        ("DELETE", "/api/v1/services", None, 405),
        ("POST", "/api/v1/session", b"{", 400),
        ("POST", "/api/v1/session", b'{"lang": "fr"}', 400),
        ("POST", "/webhooks/rest/webhook", b'{"sender": "a"}', 400),
        ("POST", "/webhooks/rest/webhook", b'{"sender": "a b", "message": "x"}', 400),
        ("POST", "/webhooks/rest/webhook", b'{"sender": 1, "message": "x"}', 400),
        ("POST", "/webhooks/rest/webhook", b"[" * 20_000, 400),
        ("POST", "/webhooks/rest/webhook", b'"' + b"x" * 400_000 + b'"', 413),
        ("POST", "/api/v1/desk/login", b'{"username": "a", "password": "b", "totp": "1"}', 400),
        ("GET", "/api/v1/desk/me", None, 401),
        ("GET", "/api/v1/desk/queue", None, 401),
    ],
)
async def test_bad_input_gets_a_typed_error_in_the_callers_language(
    api: Api, method: str, path: str, body: bytes | None, status: int
) -> None:
    """`{"error": {code, message, retryable, details}}`, in Chinese and in English, never a bare page."""
    messages = []
    for lang in ("zh-CN", "en-GB"):
        headers = {"Accept-Language": lang, "Content-Type": "application/json"}
        async with api.client.request(method, path, data=body, headers=headers) as answer:
            assert answer.status == status
            assert answer.content_type == "application/json"
            error = (await answer.json())["error"]
        assert error.keys() == ERROR_KEYS
        assert error["code"]
        assert error["message"]
        messages.append(error["message"])
    assert messages[0] != messages[1], "the message does not follow the caller's language"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in messages[0])


@pytest.mark.timeout(300)
async def test_anybody_may_send_anything(api: Api, tmp_path: Path) -> None:
    """Generated good and bad requests: no 500, answers match their schema, bad input is refused."""
    status, output = await _schemathesis(api, tmp_path)
    assert status == 0, output


@pytest.mark.timeout(300)
async def test_an_agent_may_send_anything(api: Api, tmp_path: Path) -> None:
    """The desk's operations, signed in."""
    cookie = await _signed_in(api)
    status, output = await _schemathesis(
        api, tmp_path, "--include-path-regex=^/api/v1/desk/(me|queue|tickets)",
        f"--header=Cookie: sg_agent={cookie}", "--mode=positive",
    )  # fmt: skip
    assert status == 0, output


@pytest.mark.timeout(300)
async def test_an_editor_may_send_anything(api: Api, tmp_path: Path) -> None:
    """What the list desk's page reads and tries out, signed in as an editor of one city."""
    cookie = await _signed_in(api, "suqing")
    status, output = await _schemathesis(
        api, tmp_path, "--exclude-method=POST",
        "--include-path-regex=^/api/v1/admin/(overview|records|drafts|versions|audit|tasks)",
        f"--header=Cookie: sg_agent={cookie}", "--mode=positive",
    )  # fmt: skip
    assert status == 0, output
