"""Limits over WebSocket: error frames on both conversations, handshakes on both ports."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import trio

from tests.rates.kit import ELSEWHERE, Clock, client_at, say
from tests.serving import PATIENCE, PORTS, V1, Served, note, question, serving, talking

FIVE = {"rate_burst_seconds": 5}


@pytest.mark.parametrize("port", PORTS)
async def test_v1(clock: Clock, port: str) -> None:
    """Who sends too much gets an error with ``retry_after``, and stays connected."""
    async with (
        serving(rate_messages=1, **FIVE) as server,
        talking(server.socket_url(port), V1, role="agent") as talk,
    ):
        answers = [await talk.call("send", ref=n, message=note()) for n in range(6)]
        assert [one["op"] for one in answers] == ["ack"] * 5 + ["error"]
        told = answers[-1]
        assert (told["ref"], told["code"]) == (5, "rate_limited")
        assert (told["rate"], told["retry_after"]) == ("messages", 1)
        assert (await talk.call("ping"))["op"] == "pong"
        too_many = await talk.call("send", messages=[note()] * 6)
        assert too_many["code"] == "too_large"
        clock.now += 3
        assert (await talk.call("send", messages=[note()] * 3))["op"] == "ack"


@pytest.mark.parametrize("port", PORTS)
async def test_plain(clock: Clock, port: str) -> None:
    """The earlier conversation has the same in its own error frame."""
    async with (
        serving(rate_prompts=1, **FIVE) as server,
        talking(server.socket_url(port)) as talk,
    ):
        for _ in range(5):
            assert await talk.call_plain(question()) == []
        (told,) = await talk.call_plain(question())
        assert (told["type"], told["code"], told["retry_after"]) == ("error", "rate_limited", 1)
        assert await talk.call_plain(note()) == []


async def test_doors_share(clock: Clock) -> None:
    """A client has one bucket, through whichever door it comes."""
    async with serving(rate_messages=1, **FIVE) as server:
        for port in PORTS:
            async with talking(server.socket_url(port), V1) as talk:
                await talk.call("send", messages=[note(), note()])
        assert (await say(server.http)).status_code == 201
        assert (await say(server.http)).status_code == 429
        async with client_at(server, ELSEWHERE) as other:
            assert (await say(other)).status_code == 201


async def shake(server: Served, port: str, address: str = "127.0.0.1") -> tuple[bytes, Any]:
    """Do a handshake and hang up; return the head of the answer, and its body if refused."""
    host, number = server.address(port)
    async with await trio.open_tcp_stream(host, number, local_address=address) as stream:
        await stream.send_all(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n"
        )
        seen = b""
        with trio.fail_after(PATIENCE):
            while b"\r\n\r\n" not in seen:
                seen += await stream.receive_some()
            head, _, body = seen.partition(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 101"):
                return head, None
            while not body.rstrip(b"\r\n0").endswith(b"}"):
                body += await stream.receive_some()
        return head.lower(), orjson.loads(body[body.index(b"{") : body.rindex(b"}") + 1])


@pytest.mark.parametrize("port", PORTS)
async def test_connections(clock: Clock, port: str) -> None:
    """So many may be opened; the next handshake is refused with when to come again."""
    async with serving(rate_connections=1, **FIVE) as server:
        for _ in range(5):
            _, refused = await shake(server, port)
            assert refused is None
        head, refused = await shake(server, port)
        assert head.startswith(b"http/1.1 429")
        assert b"retry-after: 1" in head
        assert (refused["code"], refused["rate"]) == ("rate_limited", "connections")
        assert (await shake(server, port, ELSEWHERE))[1] is None
        other = PORTS[1 - PORTS.index(port)]
        assert (await shake(server, other))[1]["code"] == "rate_limited"
        clock.now += 1
        assert (await shake(server, other))[1] is None
        assert server.daemon.gateway.rates.refused["connections"] == 2
