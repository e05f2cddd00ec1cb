"""The built pages and their headers: nothing from anywhere else, nothing inline."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from core.http import Handler

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
YEAR_S = 31_536_000
CSP = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers to everything that did not set its own."""
    response = await handler(request)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def page(name: str) -> Handler:
    """Serve one built page; it names hashed assets, so it is never cached itself."""

    async def handle(_request: web.Request) -> web.StreamResponse:
        path = DIST / name
        if not path.exists():
            raise web.HTTPNotFound()
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    return handle


async def asset(request: web.Request) -> web.StreamResponse:
    """A hashed asset: cached for a year. `.gz` neighbours are served by aiohttp where they exist."""
    name = request.match_info["name"]
    path = (DIST / "assets" / name).resolve()
    if not path.is_relative_to(DIST / "assets") or not path.is_file():
        raise web.HTTPNotFound()
    return web.FileResponse(path, headers={"Cache-Control": f"public, max-age={YEAR_S}, immutable"})


def setup_pages(app: web.Application) -> None:
    """Routes of the pages."""
    app.router.add_get("/", page("index.html"))
    app.router.add_get("/desk", page("desk.html"))
    app.router.add_get("/admin/services", page("admin.html"))
    app.router.add_get("/assets/{name:[^/]+}", asset)
    app.router.add_get("/favicon.svg", page("favicon.svg"))
    app.router.add_get("/favicon.ico", page("favicon.svg"))
