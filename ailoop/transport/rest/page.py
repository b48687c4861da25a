"""The web page: static files that need no build and nothing from another host."""

from __future__ import annotations

from importlib.resources import files

from quart import Blueprint, Response

from ailoop.transport.gateway import Gateway

__all__ = ["page_routes"]

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
}


def page_routes(_: Gateway) -> Blueprint:
    """Return the routes of the page and its parts."""
    routes = Blueprint("page", __name__)
    for path, (name, kind) in _FILES.items():
        _serve(routes, path, name, kind)
    return routes


def _serve(routes: Blueprint, path: str, name: str, kind: str) -> None:
    body = (files(__package__) / "static" / name).read_bytes()

    async def file() -> Response:
        response = Response(body, content_type=kind)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
        return response

    routes.add_url_rule(path, name.replace(".", "_"), file, methods=["GET"])
