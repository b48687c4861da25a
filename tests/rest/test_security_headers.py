"""What every answer tells a browser, whichever way it comes about."""

from __future__ import annotations

import pytest

from tests.attacks.kit import HOST, UPGRADE, exchange
from tests.rest.kit import MESSAGES, http_routes, path_of
from tests.serving import Served, serving

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def test_every_route(server: Served) -> None:
    """Every route, asked in every way it takes and in one it does not, has them all."""
    seen = 0
    for method, rule in http_routes(server.daemon.gateway):
        for asked in (method, "PUT"):
            answer = await server.http.request(asked, path_of(rule))
            told = {name: answer.headers.get(name) for name in ALWAYS}
            assert told == ALWAYS, (asked, rule)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            if rule.startswith(("/api", "/metrics", "/openapi")):
                assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers
            seen += 1
    assert seen > 30


LARGE = b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"
FOREIGN = b"GET /ws HTTP/1.1\r\nHost: evil.example\r\n" + UPGRADE + b"\r\n"
SLOW = b"POST " + MESSAGES.encode() + b" HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{"


@pytest.mark.parametrize(
    ("port", "data"),
    [
        ("rest", b"GARBAGE\r\n\r\n"),
        ("rest", LARGE),
        ("ws", LARGE),
        ("rest", SLOW),
        ("rest", FOREIGN),
        ("ws", FOREIGN),
        ("rest", b"GET /nothing HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"),
    ],
    ids=["garbage", "large", "large ws", "slow", "foreign", "foreign ws", "nothing there"],
)
async def test_what_is_no_request(port: str, data: bytes) -> None:
    """What is refused before it is a request, too; and nobody says what runs here."""
    async with serving(upload_seconds=0.1, head_seconds=0.3, idle_seconds=0.3) as server:
        answer = (await exchange(server, port, data)).lower()
    for name, value in ALWAYS.items():
        assert f"{name}: {value}".encode() in answer, name
    assert b"cache-control: no-store" in answer
    for banner in (b"server:", b"hypercorn", b"quart", b"werkzeug", b"python"):
        assert banner not in answer


async def test_a_listed_origin_may_read() -> None:
    """A page on the list may read what others may not, and only that page."""
    async with serving(allowed_origins=("https://inbox.example.org",)) as server:
        for origin, policy in (
            ("https://inbox.example.org", "cross-origin"),
            ("https://evil.example", "same-origin"),
        ):
            answer = await server.http.get("/api/channels", headers={"Origin": origin})
            assert answer.headers["cross-origin-resource-policy"] == policy
