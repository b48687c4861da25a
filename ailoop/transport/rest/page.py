"""The web page: static files that need no build and nothing from another host."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePath

from quart import Blueprint, Response

from ailoop.transport.gateway import Gateway

__all__ = ["page_routes"]

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The page draws its icon, with the number of what waits; that is a data: URL.
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_INDEX = "index.html"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


def page_routes(_: Gateway) -> Blueprint:
    """Return the routes of the page and its parts, which are kept in memory."""
    routes = Blueprint("page", __name__)
    for file in (files(__package__) / "static").iterdir():
        path = "/" if file.name == _INDEX else f"/{file.name}"
        if kind := _KINDS.get(PurePath(file.name).suffix):
            _serve(routes, path, file.read_bytes(), kind)
    return routes


def _serve(routes: Blueprint, path: str, body: bytes, kind: str) -> None:
    async def file() -> Response:
        response = Response(body, content_type=kind)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
        return response

    routes.add_url_rule(path, path.replace(".", "_"), file, methods=["GET"])
