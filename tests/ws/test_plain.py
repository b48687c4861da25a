"""The earlier conversation: a frame is a message, an array, or a wish to follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.serving import (
    Served,
    Talk,
    authorization,
    navigate,
    note,
    question,
)

REFUSED = Path(__file__).parent.parent / "wire" / "refused.json"


async def kept(server: Served, channel: str = "a") -> list[dict[str, Any]]:
    answer = await server.http.get(f"/api/channels/{channel}/messages")
    return list(answer.json()["messages"])


async def test_message(server: Served, plain: Talk) -> None:
    """A message is taken without a word, as earlier clients expect."""
    assert await plain.call_plain(note("a", "hello")) == []
    (told,) = await kept(server)
    assert told["content"]["text"] == "hello"
    assert told["sender_type"] == "AGENT"


async def test_each_kind_of_prompt(server: Served, plain: Talk) -> None:
    """Prompts sent this way wait for a person like any other."""
    for prompt in (question(), authorization(), navigate()):
        assert await plain.call_plain(prompt) == []
    listed = (await server.http.get("/api/v1/pending")).json()["items"]
    assert [one["kind"] for one in listed] == ["question", "authorization", "navigate"]


async def test_array(server: Served, plain: Talk) -> None:
    """An array is taken in order; one bad message refuses all of it."""
    assert await plain.call_plain([note("a", "1"), note("a", "2")]) == []
    (refused,) = await plain.call_plain([note("a", "3"), note("-")])
    assert refused["type"] == "error"
    assert refused["code"] == "bad_channel"
    assert refused["index"] == 1
    assert [one["content"]["text"] for one in await kept(server)] == ["1", "2"]


async def test_binary_frame(server: Served, plain: Talk) -> None:
    """A frame of bytes is read as the text it holds."""
    await plain.send_raw(orjson.dumps(note()))
    assert await plain.call_plain(note()) == []
    assert len(await kept(server)) == 2


async def test_golden_refusals(plain: Talk) -> None:
    """Every frame that the contract refuses gets its error frame, and the connection stays."""
    wrong = []
    for frame in orjson.loads(REFUSED.read_bytes()):
        text = frame["text"] if "text" in frame else orjson.dumps(frame["in"]).decode()
        await plain.send_raw(text)
        told = await plain.receive()
        if told["type"] != "error" or told["code"] != frame["code"] or not told["error"]:
            wrong.append((frame["name"], told))
    assert wrong == []


@pytest.mark.parametrize("frame", ["", b"", "?", b"\xff\xfe", '"\\ud800"', "[]", "{}", "0"])
async def test_bad_frame(server: Served, plain: Talk, frame: str | bytes) -> None:
    """So does any other nonsense, text or bytes."""
    await plain.send_raw(frame)
    told = await plain.receive()
    assert told["type"] == "error"
    assert {"error", "code"} < set(told)
    assert await plain.call_plain(note()) == []
    assert len(await kept(server)) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"subscribe": "a b"},
        {"subscribe": ["a", "-"]},
        {"subscribe": 5},
        {"subscribe": None},
        {"type": "subscribe", "channel": {}},
        {"type": "subscribe", "channel": "system"},
    ],
)
async def test_bad_channel(server: Served, plain: Talk, wish: dict[str, Any]) -> None:
    """A wish to follow what cannot be a channel follows nothing."""
    (refused,) = await plain.call_plain(wish)
    assert refused["code"] == "bad_channel"
    assert server.broker.tables.feeds == 0


async def test_conflict(plain: Talk) -> None:
    """What the log refuses comes back with the id of the message it was about."""
    sent = {**note(), "id": "01936f2e-7c00-7000-8000-000000000001"}
    assert await plain.call_plain(sent) == []
    assert await plain.call_plain(sent) == []  # the same again is harmless
    await plain.send({**sent, "content": {"type": "notification", "text": "other"}})
    refused = await plain.receive()
    assert refused["code"] == "id_conflict"
    assert refused["id"] == sent["id"]


async def test_prompt_outlives_its_connection(server: Served, plain: Talk) -> None:
    """An agent that goes away leaves its prompt open, and nothing else."""
    await plain.call_plain(question())
    await plain.socket.aclose()
    (item,) = (await server.http.get("/api/v1/pending")).json()["items"]
    assert (await server.respond(item["message"], answer="x")).status_code == 200
