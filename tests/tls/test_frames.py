"""Much over TLS: large messages, many frames, several readers, and one that does not read."""

from __future__ import annotations

import pytest
import trio

from ailoop.model.errors import CLOSE_SLOW_CONSUMER
from tests.serving import PATIENCE, PORTS, V1, Talk, note, until
from tests.tls.kit import Papers

LARGE = "x" * 300_000


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    """Name one of the two ports."""
    return str(request.param)


async def read_texts(talk: Talk, count: int) -> list[str]:
    """Read so many messages, and return what they say."""
    texts: list[str] = []
    while len(texts) < count:
        frame = await talk.receive()
        if frame["op"] == "message":
            texts.append(frame["message"]["content"]["text"])
    return texts


async def test_large_messages_both_ways(papers: Papers, port: str) -> None:
    """What is larger than a record, and than what a socket takes at once, arrives whole."""
    async with (
        papers.serving(text_bytes=2**20, message_bytes=2**20) as server,
        papers.talking(server, port, subprotocol=V1, role="agent") as talk,
    ):
        await talk.call("subscribe", ref=1, channels=["a"])
        async with trio.open_nursery() as nursery:
            for number in range(8):
                sent = {"op": "send", "ref": 2 + number, "message": note(text=LARGE)}
                nursery.start_soon(talk.send, sent)
            assert await read_texts(talk, 8) == [LARGE] * 8
        page = (await server.http.get("/api/channels/a/messages?limit=100")).json()
        assert LARGE in str(page)


async def test_many_frames_to_many_readers(papers: Papers, port: str) -> None:
    """Each reader gets every message in order, while each of them writes as well."""
    count, texts = 300, [f"note {number}" for number in range(300)]
    async with papers.serving() as server, trio.open_nursery() as nursery:
        ready: list[None] = []

        async def read() -> None:
            async with papers.talking(server, port, subprotocol=V1, role="agent") as talk:
                await talk.call("subscribe", ref=1, channels=["a"])
                ready.append(None)
                async with trio.open_nursery() as both:
                    both.start_soon(write, talk)
                    assert await read_texts(talk, count) == texts

        async def write(talk: Talk) -> None:
            for number in range(50):
                message = note(channel="b", text=f"by the way {number}")
                await talk.send({"op": "send", "ref": 10 + number, "message": message})

        for _ in range(4):
            nursery.start_soon(read)
        await until(lambda: len(ready) == 4)
        for start in range(0, count, 20):
            await server.post(*(note(text=text) for text in texts[start : start + 20]))


async def test_a_reader_that_stops_is_told_and_delays_nobody(papers: Papers) -> None:
    """It is closed with the code for that; another reader has all the messages meanwhile."""
    async with (
        papers.serving(
            send_seconds=0.5, text_bytes=2**20, message_bytes=2**20, history_messages=10
        ) as server,
        papers.talking(server, "ws", subprotocol=V1, role="agent") as slow,
        papers.talking(server, "ws", subprotocol=V1, role="agent") as quick,
    ):
        await slow.call("subscribe", ref=1, channels=["a"])
        await quick.call("subscribe", ref=1, channels=["a"])
        counts = server.daemon.gateway.counts
        with trio.fail_after(PATIENCE * 2):
            read = 0
            while not counts.feeds_dropped["slow_reader"]:
                await server.post(note(text=LARGE))
                assert await read_texts(quick, 1) == [LARGE]
                read += 1
        assert read > 1
        # What it reads then is sound, to the last record.
        assert await slow.closed() == CLOSE_SLOW_CONSUMER
