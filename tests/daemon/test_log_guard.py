"""What reaches the log of what strangers say: no credential, and no line of theirs."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from typing import NoReturn

import orjson
import pytest
import structlog

from ailoop.daemon import logs
from ailoop.daemon.log_guard import indented_traceback, redact

JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
KEY = "q9Xc2Lr8Vb4Tn6Yw1Zs3Df5Gh7Jk0Mp2"
SECRETS = (
    (f"Authorization: Bearer {KEY}", KEY),
    ("authorization: bearer short", "short"),
    ("[(b'host', b'x'), (b'authorization', b'Basic YW5uOnB3')]", "YW5uOnB3"),
    ("Cookie: session=abc; theme=dark", "session=abc"),
    (f"bad token {JWT} in hello", JWT),
    (f"ailoop.token.{JWT}", JWT),
    (f"mine-{JWT}", JWT),
    ("GET /api?token=opensesame&limit=1", "opensesame"),
    ("GET /api?access_token=opensesame", "opensesame"),
    ("{'password': 'hunter2'}", "hunter2"),
    ("api_key=hunter2", "hunter2"),
    ("https://ann:hunter2@example.org/", "hunter2"),
    (f"no such key {KEY}", KEY),
)
FORGED = "x\n2026-01-01T00:00:00Z [info     ] ready rest=http://evil.example"
ACTING = "\x1b[2J\x1b]0;owned\x07 \x9b31m \r\u2028\u202e\x08"


def fail(error: Exception) -> NoReturn:
    raise error


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_redacted(text: str, secret: str) -> None:
    """A credential is gone, in whatever form it comes."""
    assert secret not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "0198f3a2-7c1d-7b3e-9a55-1f2e3d4c5b6a",
        "channel a-long-name-of-a-channel-that-goes-on-and-on-and-on",
        "ready rest=http://127.0.0.1:8081 ws=ws://127.0.0.1:8080",
        "/usr/lib/python3.11/site-packages/trio_websocket/_impl.py",
        "authorization asked for on channel deploys",
    ],
)
def test_kept(text: str) -> None:
    """Ids, names, addresses and paths stay."""
    assert redact(text) == text


@pytest.fixture(params=["json", "console"])
def log(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[io.StringIO]:
    """Log as the daemon does, into memory; pytest's own handlers come back afterwards."""
    written = io.StringIO()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(logs, "LogWriter", lambda _to: written)
    kept, handlers = structlog.get_config(), logging.root.handlers[:]
    level = logging.root.level
    logging.root.handlers.clear()
    logs.configure_logs("debug", request.param)
    yield written
    structlog.configure(**kept)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_no_forged_line(log: io.StringIO) -> None:
    """A text with line ends and escape sequences stays on its line, as text."""
    structlog.get_logger().info(FORGED, host=FORGED + ACTING, **{"a\nb": [ACTING]})
    logging.getLogger("library").error("%s", FORGED + ACTING)
    written = log.getvalue()
    assert len(written.rstrip("\n").split("\n")) == 2
    assert not set(written) & set(ACTING.replace(" ", "").replace("[2J", "")) - set(
        "]0;owned31m[J2"
    )
    if written.startswith("{"):
        assert [orjson.loads(line)["level"] for line in written.splitlines()]


def test_no_credential(log: io.StringIO) -> None:
    """Neither an event, nor a member by its name, nor a traceback carries one."""
    try:
        fail(ValueError(f"{FORGED} Authorization: Bearer {KEY} {JWT} {ACTING}"))
    except ValueError:
        structlog.get_logger().exception(
            "failed", authorization=KEY, headers={"Cookie": "a=hunter2"}, url=f"?token={KEY}"
        )
        logging.getLogger("library").exception("Bearer %s", KEY)
    written = log.getvalue()
    assert KEY not in written
    assert JWT not in written
    assert "hunter2" not in written
    assert written.count("ValueError") >= 2
    assert "\x1b" not in written
    heads = [line for line in written.split("\n") if line.startswith(("{", "2"))]
    assert len(heads) == 2, written


def test_traceback_is_indented() -> None:
    """No line of a traceback begins where those of the log do."""
    written = io.StringIO()
    try:
        fail(RuntimeError(FORGED))
    except RuntimeError:
        indented_traceback(written, sys.exc_info())  # type: ignore[arg-type]
    assert all(line.startswith("    ") for line in written.getvalue().splitlines())


@pytest.mark.parametrize(
    "piece",
    [
        "a-",
        "://a:",
        "token",
        "authorization ",
        "x:",
        "Bearer ",
        "eyJaaaaaa.",
        "-eyJaaaaa",
        "eyJ",
        "a-eyJa.",
        "aA1",
        "=,",
    ],
)
def test_takes_no_long_time(piece: str) -> None:
    """No text, however made, is read in more than a few steps a character."""
    redact(piece * (200_000 // len(piece)))
