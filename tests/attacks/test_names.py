"""Names that are not what they seem: hosts that point here, channels that are elsewhere."""

from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest

from tests.attacks.kit import UPGRADE, exchange, statuses
from tests.rest.kit import MESSAGES, check_error
from tests.serving import V1, Served, note, talking

HOSTS = (
    b"evil.example",
    b"evil.example:8081",
    b"localhost.evil.example",
    b"127.0.0.1.evil.example",
    b"localhost@evil.example",
    b"evil.example#localhost",
    b"evil.example/localhost",
    b"evil.example?localhost",
    b"evil.example\\localhost",
    b"xlocalhost",
    b"localhost.",
    b"0x7f.evil.example",
    b"[::1].evil.example",
    b"[::1",
    b"evil.example, localhost",
)


@pytest.mark.parametrize("host", HOSTS)
async def test_rebinding(server: Served, port: str, host: bytes) -> None:
    """Point a name of one's own at this machine: read, write and talk through it."""
    get = b"GET /api/channels HTTP/1.1\r\nHost: " + host + b"\r\n"
    if port == "ws":
        answer = await exchange(server, port, get + UPGRADE + b"\r\n")
        assert 101 not in statuses(answer)
        return
    post = b"POST /api/v1/messages HTTP/1.1\r\nHost: " + host + b"\r\nContent-Length: "
    body = orjson.dumps(note("stolen"))
    upgrade = get.replace(b"/api/channels", b"/ws") + UPGRADE + b"\r\n"
    for data in (get + b"\r\n", post + b"%d\r\n\r\n" % len(body) + body, upgrade):
        (status,) = statuses(await exchange(server, port, data))
        assert status in (400, 403)
    assert server.broker.channels == {}


NAMES = (
    "../admin",
    "..",
    ".",
    "a/../b",
    "a/b",
    "a\\b",
    "%2e%2e",
    "a%00b",
    "a\0b",
    "\0",
    "a\n",
    "a\r\nX: y",
    "a\u2028",
    "a ",
    " a",
    "Admin",
    "ADMIN",
    "aDmIn",
    "SYSTEM",
    "Ailoop",
    "adm\u0131n",  # a dotless i
    "\u0430dmin",  # Cyrillic a
    "\uff41dmin",  # full width a
    "a\u0301",
    "a\u200b",
    "\u202ea",
    "\u212a",  # the sign of the kelvin, which lower() makes a k
    "*",
    "a*",
    "a,b",
    "a;b",
    "a'b",
    'a"b',
    "<a>",
    "a\x1b[2J",
    "-a",
    "_a",
    "__proto__",
    "a" * 65,
    "a" * 10_000,
    "",
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_channels_over_http(server: Served, name: str) -> None:
    """Use names that climb out, end early, look alike or act: in a body, a path, a query."""
    check_error(await server.http.post(MESSAGES, json=note(name)), "bad_channel")
    for once in (quote(name, safe=""), quote(quote(name, safe=""), safe="")):
        for path in (f"/api/channels/{once}/messages", f"/api/channels/{once}/stats"):
            data = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            answer = await exchange(server, "rest", data)
            (status,) = statuses(answer)
            assert status in (400, 404), answer
    answer = await server.http.get("/api/v1/pending", params={"channel": name})
    check_error(answer, "bad_channel")
    assert server.broker.channels == {}


async def test_channels_over_a_websocket(server: Served, port: str) -> None:
    """Use them in messages, subscriptions and their opposites, plain and not."""
    async with talking(server.socket_url(port)) as plain:
        for name in NAMES:
            asked = [note(name), {"unsubscribe": [name]}, {"subscribe": [name]}]
            for frame in asked if name != "*" else asked[:1]:
                (told,) = await plain.call_plain(frame)
                assert told["code"] == "bad_channel", frame
    async with talking(server.socket_url(port), V1) as talk:
        for name in NAMES:
            assert (await talk.call("send", message=note(name)))["code"] == "bad_channel"
            for op in ("subscribe", "unsubscribe") if name != "*" else ():
                assert (await talk.call(op, channels=[name]))["code"] == "bad_channel"
    assert server.broker.channels == {}


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/....//etc/passwd",
        "/static/../app.py",
        "/main.js%00.html",
        "/main.js/../../app.py",
        "//etc/passwd",
        "/\\..\\app.py",
        "/.git/config",
        "/%c0%ae%c0%ae/app.py",
    ],
)
async def test_files(server: Served, path: str) -> None:
    """Climb out of the page's folder: there are no files, only addresses that are known."""
    data = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    answer = await exchange(server, "rest", data)
    assert statuses(answer)[:1] in ([404], [400]), answer
    assert b"root:" not in answer
    assert b"import " not in answer


@pytest.mark.parametrize("value", ["a\r\nX-Split: 1", "a\nX-Split: 1", "a%0d%0aX-Split:%201"])
async def test_response_splitting(value: str, server: Served) -> None:
    """Have a value come back as a header of its own: in a path, an origin, a host, a query."""
    quoted = quote(value, safe="%")
    lines = (
        f"GET /api/channels/{quoted}/stats HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET /{quoted} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"POST /api/test HTTP/1.1\r\nHost: localhost\r\nOrigin: http://{quoted}\r\n\r\n",
        f"GET /api/stats HTTP/1.1\r\nHost: {quoted}\r\n\r\n",
        f"GET /api/v1/pending?limit={quoted} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    for data in lines:
        answer = await exchange(server, "rest", data.encode())
        assert len(statuses(answer)) == 1, answer
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\nx-split" not in head
