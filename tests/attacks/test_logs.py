"""Texts of strangers in the log of a real daemon: they forge no line and act on no terminal."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import quote

import pytest

from tests.daemon.process import running_daemon
from tests.daemon.sockets import connected, send_text, upgrade

FORGED = "x\r\n2026-01-01T00:00:00Z [info     ] forged event=ready\x1b[2J\x9b31m"
SECRET = "Bearer q9Xc2Lr8Vb4Tn6Yw1Zs3Df5Gh7Jk0Mp2"
_ENTRY = re.compile(r"\{.*\}|\d{4}-\d\d-\d\dT\S+ \[\w+ *\] .*| {4}.*|")


@pytest.mark.parametrize("form", ["json", "console"])
def test_log_injection(form: str) -> None:
    """Put line ends, escapes and credentials wherever a log could repeat them: Host, Origin,
    agent, path, channel, ref, broken frames and broken heads, with everything logged.
    """
    quoted = quote(FORGED)
    raw = FORGED.encode("latin1")
    folded = FORGED.replace("\r\n", " ")
    credentials = f"Authorization: {SECRET}\r\nCookie: a={SECRET}\r\n"
    heads = [
        f"GET /{quoted} HTTP/1.1\r\nHost: {folded}\r\n",
        f"GET /api/channels/{quoted}/stats HTTP/1.1\r\nHost: localhost\r\n",
        f"POST /api/test HTTP/1.1\r\nHost: localhost\r\nOrigin: {folded}\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {FORGED}\r\n",
        f"{folded} / HTTP/1.1\r\nHost: localhost\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\n{credentials}",
        f"GET /?token={quote(SECRET)} HTTP/1.1\r\nHost: localhost\r\nX: \x07\r\n{credentials}",
    ]
    flags = ("--log-level", "debug", "--log-format", form)
    with running_daemon(*flags, env={"NO_COLOR": "1"}) as daemon:
        for url in (daemon.rest, daemon.ws):
            for head in heads:
                with connected(url) as sock, suppress(ConnectionError):
                    sock.sendall(head.encode("latin1") + b"Connection: close\r\n\r\n")
                    while sock.recv(65536):
                        pass
            with connected(url) as sock, suppress(ConnectionError):
                upgrade(sock)
                for text in (
                    f'{{"channel": "{quoted[:40]}"}}',
                    '{"op": "\\u001b[2J\\nforged"}',
                ):
                    send_text(sock, text)
                sock.sendall(b"\x83\x80" + bytes(4) + raw)
                while sock.recv(65536):
                    pass
        daemon.popen.terminate()
        assert daemon.wait() == 0
        told = daemon.stderr
    assert [line for line in told.split("\n") if not _ENTRY.fullmatch(line)] == []
    assert [line for line in told.split("\n") if "forged" in line and line[:4] == "2026"] == []
    assert "\x1b" not in told
    assert "\x9b" not in told
    assert SECRET.split()[1] not in told
    assert "stopped" in told
