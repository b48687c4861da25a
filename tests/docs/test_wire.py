"""The examples of ``docs/wire.rst`` are one conversation, which is held with a real daemon.

``X sends`` is sent by connection X; the ``X receives`` that follow are all that comes to it,
in whatever order. A ``curl`` command is sent as it stands, and the JSON after it is its
answer. Numbers, times and ids that the server makes are compared by their kind.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import orjson
import pytest
import trio

from ailoop.model.codec import dump_message, load_message
from ailoop.model.errors import CATALOGUE
from tests.docs.blocks import DOCS, Block, read_blocks
from tests.serving import V1, Served, Talk, serving, talking

BLOCKS = read_blocks("wire.rst")
FRAMES = [block for block in BLOCKS if block.caption]
SPEAKERS = {"agent": V1, "person": V1, "plain": None}

MADE_BY_SERVER = {
    "expires_in",
    "expires_at",
    "first",
    "id",
    "response_id",
    "seq",
    "timestamp",
    "version",
    "deploys",
    "delivered_at",
    "seen_at",
}


def differences(documented: Any, real: Any, sent: str, path: str = "$") -> list[str]:
    """Say where a real answer is not of the documented form.

    :param sent: all that was sent so far; an id in it was not made by the server.
    """
    if isinstance(documented, dict) and isinstance(real, dict):
        if list(documented) != list(real):
            return [f"{path}: {list(documented)} are documented, {list(real)} came"]
        return [
            problem
            for key in documented
            for problem in differences(documented[key], real[key], sent, f"{path}.{key}")
        ]
    if isinstance(documented, list) and isinstance(real, list) and len(documented) == len(real):
        return [
            problem
            for index, (one, other) in enumerate(zip(documented, real, strict=True))
            for problem in differences(one, other, sent, f"{path}[{index}]")
        ]
    if path.rpartition(".")[2] in MADE_BY_SERVER and str(documented) not in sent:
        same = type(documented) is type(real)
    else:
        same = documented == real
    return [] if same else [f"{path}: {documented!r} is documented, {real!r} came"]


def kind(frame: Any) -> tuple[str, str]:
    """Return what tells the frames apart that come to one connection at a time."""
    seq = str(frame.get("seq", "")) if frame.get("op") == "message" else ""
    return frame.get("op", ""), seq


async def hold(speaker: Talk, expected: list[Block], sent: str) -> None:
    """Receive as many frames as are documented, and compare them."""
    real = sorted(await speaker.receive_some(len(expected)), key=kind)
    documented = sorted((orjson.loads(block.text) for block in expected), key=kind)
    for one, other in zip(documented, real, strict=True):
        assert not differences(one, other, sent), expected[0]


async def test_the_websocket_examples_are_a_real_conversation():
    """Each request gets the documented reply, and no connection gets anything else."""
    async with serving() as server, AsyncExitStack() as stack:
        talks = {
            name: await stack.enter_async_context(talking(server.socket_url("ws"), protocol))
            for name, protocol in SPEAKERS.items()
        }
        sent = ""
        waiting: dict[str, list[Block]] = {name: [] for name in talks}
        for block in [*FRAMES, None]:
            if block is not None and block.caption.endswith(" receives"):
                waiting[block.caption.removesuffix(" receives")].append(block)
                continue
            for name, expected in waiting.items():
                await hold(talks[name], expected, sent)
                expected.clear()
            if block is not None:
                sent += block.text
                await talks[block.caption.removesuffix(" sends")].send_raw(block.text)
        for name in ("agent", "person"):
            assert await talks[name].call("ping") == {"op": "pong"}
        assert await talks["plain"].call_plain({"subscribe": "notes"}) == []


async def curl(server: Served, command: str) -> httpx2.Response:
    """Do what a ``curl`` command of the page says."""
    program, silent, url, *rest = shlex.split(command.replace("\\\n", " "))
    assert (program, silent) == ("curl", "-s")
    assert rest[:1] in ([], ["-d"])
    path = url.removeprefix("http://127.0.0.1:8081")
    if rest:
        return await server.http.post(path, content=rest[1].encode())
    return await server.http.get(path)


async def test_the_curl_examples_get_the_documented_answers():
    """Each command gets the answer that stands after it."""
    sent, held = "", 0
    async with serving() as server:
        for index, block in enumerate(BLOCKS):
            if block.language == "sh":
                sent += block.text
                answer = await curl(server, block.text)
                documented = orjson.loads(BLOCKS[index + 1].text)
                assert not differences(documented, answer.json(), sent), block
                held += 1
    assert held >= 5


def test_every_op_has_an_example():
    """What the server understands, and all that it says, is in the examples and the tables."""
    page = (DOCS / "wire.rst").read_text()
    unknown = next(block for block in FRAMES if '"unknown_op"' in block.text)
    asked = {orjson.loads(b.text).get("op") for b in FRAMES if b.caption.endswith(" sends")}
    assert set(orjson.loads(unknown.text)["ops"]) <= asked
    said = {orjson.loads(b.text).get("op") for b in FRAMES if b.caption.endswith(" receives")}
    for op in (asked | said) - {None, "dance"}:
        assert f"   * - ``{op}``\n" in page or f"- ``{op}``" in page


def test_the_message_example_is_a_message():
    """The example of a message is one that the server would write."""
    shown = orjson.loads(BLOCKS[0].text)
    assert list(dump_message(load_message(shown)).items()) == list(shown.items())


async def test_every_route_is_documented():
    """The table of routes has every path and method of the OpenAPI document, and no other."""
    page = (DOCS / "wire.rst").read_text()
    rows = re.findall(r"``(GET|POST|DELETE) (/[^`]*)``", page)
    shown = {(method, path.replace("{id}", "{message_id}")) for method, path in rows}
    async with serving() as server:
        document = (await server.http.get("/openapi.json")).json()
        real = {
            (method.upper(), path)
            for path, operations in document["paths"].items()
            for method in operations
        }
        others = {"/openapi.json", "/metrics", "/", "/ws"}
        assert shown - real == {("GET", path) for path in others}
        assert real <= shown
        assert (await server.http.get("/")).status_code == 200


@asynccontextmanager
async def connected(server: Served, port: str) -> AsyncIterator[Talk]:
    """Open a connection that the server will close."""
    async with talking(server.socket_url(port), V1) as talk:
        yield talk
        # trio-websocket leaves the stream of a connection that its peer has closed open.
        await trio.aclose_forcefully(talk.socket._stream)


@pytest.mark.parametrize("port", ["ws", "rest"])
async def test_a_frame_that_is_too_large_closes_with_1009(port):
    """As the table of close codes says, on both ports."""
    async with serving(body_bytes=1000) as server, connected(server, port) as talk:
        await talk.send_raw('"' + "x" * 2000 + '"')
        assert await talk.closed() == 1009


@pytest.mark.parametrize("port", ["ws", "rest"])
async def test_a_stop_closes_with_1001(port):
    """As the table of close codes says, on both ports."""
    stop = trio.Event()

    async def run(channel: trio.MemorySendChannel[Served]) -> None:
        async with serving() as server:
            channel.send_nowait(server)
            await stop.wait()

    async with trio.open_nursery() as nursery:
        started, ready = trio.open_memory_channel[Served](1)
        nursery.start_soon(run, started)
        server = await ready.receive()
        async with connected(server, port) as talk:
            await talk.call("ping")
            stop.set()
            assert await talk.closed() == 1001


@pytest.mark.parametrize("port", ["ws", "rest"])
async def test_text_that_is_no_utf8_ends_the_connection(port):
    """Without a close code, as the page says, on both ports."""
    frame = bytes([0x81, 0x81, 0, 0, 0, 0, 0xFF])  # one masked byte, which begins no character
    async with serving() as server, connected(server, port) as talk:
        await talk.socket._stream.send_all(frame)
        assert await talk.closed() == 1006


def test_the_error_codes_named_on_any_page_exist():
    """A page names no error code that the catalogue has not."""
    for page in DOCS.glob("*.rst"):
        for code in re.findall(r":err:`(\w+)`", page.read_text()):
            assert code in CATALOGUE, page
