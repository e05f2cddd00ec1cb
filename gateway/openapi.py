"""OpenAPI 3.1 from the same pydantic models that validate.

Each edge module lists its routes as `ApiRoute`; `register` adds them to the application and
`document` describes them. A route that is not listed is not part of the API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from core.http import Handler

REF = "#/components/schemas/{model}"


class ErrorBody(BaseModel):
    """What is inside `error`."""

    code: str
    message: str
    retryable: bool
    details: dict[str, Any]


class ErrorResponse(BaseModel):
    """Every failure, everywhere."""

    error: ErrorBody


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One operation. `path` uses aiohttp's `{name}`; `query` is a model of the query string."""

    method: str
    path: str
    handler: Handler
    request: type[BaseModel] | None
    response: type[BaseModel] | None
    summary: str
    tags: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    query: type[BaseModel] | None = None
    status: int = 200
    response_is_list: bool = False
    request_optional: bool = False
    """Whether the body may be left out."""
    secured: str | None = None
    """Name of the cookie that is needed."""
    path_params: dict[str, str] = field(default_factory=dict)
    """Pattern of a path parameter, where it has one."""


def register(app: web.Application, routes: list[ApiRoute]) -> None:
    """Add the routes to the application."""
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)


def _schemas(routes: list[ApiRoute]) -> dict[str, Any]:
    models: dict[tuple[type[BaseModel], str], None] = {(ErrorResponse, "serialization"): None}
    for route in routes:
        if route.request is not None:
            models[(route.request, "validation")] = None
        if route.response is not None:
            models[(route.response, "serialization")] = None
    _, definitions = models_json_schema(list(models), ref_template=REF)  # type: ignore[arg-type]
    found: dict[str, Any] = definitions.get("$defs", {})
    return found


def _parameters(route: ApiRoute) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in re.findall(r"{(\w+)(?::[^}]*)?}", route.path):
        schema: dict[str, Any] = {"type": "string"}
        if name in route.path_params:
            schema["pattern"] = route.path_params[name]
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=REF)
        required = set(schema.get("required", []))
        for name, prop in schema.get("properties", {}).items():
            found.append(
                {
                    "name": name,
                    "in": "query",
                    "required": name in required,
                    "description": prop.get("description", ""),
                    "schema": {k: v for k, v in prop.items() if k not in ("title", "description")},
                }
            )
    return found


def _json(model: str, is_list: bool = False) -> dict[str, Any]:
    ref: dict[str, Any] = {"$ref": REF.format(model=model)}
    return {"application/json": {"schema": {"type": "array", "items": ref} if is_list else ref}}


def _operation(route: ApiRoute) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if route.response is not None:
        success["content"] = _json(route.response.__name__, route.response_is_list)
    responses: dict[str, Any] = {str(route.status): success}
    for status in sorted({*route.errors, 500}):
        responses[str(status)] = {"description": "Error", "content": _json("ErrorResponse")}
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": list(route.tags),
        "responses": responses,
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.request is not None:
        operation["requestBody"] = {
            "required": not route.request_optional,
            "content": _json(route.request.__name__),
        }
    if route.secured:
        operation["security"] = [{route.secured: []}]
    return operation


def _operation_id(route: ApiRoute) -> str:
    words = re.sub(r"[^a-zA-Z0-9]+", "_", route.path).strip("_")
    return f"{route.method.lower()}_{words}"


def document(routes: list[ApiRoute], *, server: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `routes`."""
    paths: dict[str, Any] = {}
    for route in routes:
        path = re.sub(r"{(\w+):[^}]*}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    cookies = {r.secured for r in routes if r.secured}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shen-Guan assistant",
            "version": version,
            "description": "Services of Shenzhen and Dongguan from one list; chat; human agents.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "cookie", "name": name} for name in sorted(cookies)
            },
        },
    }
