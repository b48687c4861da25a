"""Requests that cannot be understood: each names what is wrong, in one shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from tests.rest.kit import MESSAGES, check_error
from tests.serving import Served, note, question, serving

WIRE = Path(__file__).parent.parent / "wire"
NAMES = ["-a", "_a", "a b", "a" * 65, "SYSTEM", "ailoop", "ä", "a\n", "a.b"]


def golden(name: str) -> list[dict[str, Any]]:
    return list(orjson.loads((WIRE / name).read_bytes()))


async def test_golden_refusals(server: Served) -> None:
    """Every frame that the contract refuses is refused with its status, code and path."""
    wrong = []
    for frame in golden("refused.json"):
        body = frame["text"].encode() if "text" in frame else orjson.dumps(frame["in"])
        answer = await server.http.post(MESSAGES, content=body)
        told = answer.json()
        said = (answer.status_code, told["code"], told.get("path"))
        wanted = (frame["status"], frame["code"], frame.get("path"))
        if said[:2] != wanted[:2] or wanted[2] not in (None, said[2]):
            wrong.append((frame["name"], said, wanted))
    assert wrong == []
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


async def test_golden_messages(server: Served) -> None:
    """Every message that goes out in this form also comes in, and stays byte for byte."""
    wrong = []
    for frame in golden("outgoing.json"):
        value = orjson.loads(frame["text"])
        if value["content"]["type"] == "response":
            continue  # without its prompt it is refused
        # The file uses the same id more than once.
        text = frame["text"].replace(value["id"], str(uuid4()))
        answer = await server.http.post(MESSAGES, content=text.encode())
        if answer.status_code != 201 or answer.text != text:
            wrong.append((frame["name"], answer.text))
    assert wrong == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"channel":"\xc3\x28"}', b'"\\ud800"', b"\xef\xbb\xbf{}", b"[1,]"],
    ids=["empty", "half", "0xff", "bad UTF-8", "lone surrogate", "byte order mark", "comma"],
)
async def test_bad_json(server: Served, body: bytes) -> None:
    """What is no JSON in UTF-8 is ``bad_json``, on both routes that take a body."""
    asked = await server.post(question())
    for path in (MESSAGES, f"{MESSAGES}/{asked['id']}/response"):
        check_error(await server.http.post(path, content=body), "bad_json")
    assert await server.state_of(asked) == "pending"


@pytest.mark.parametrize("name", NAMES)
async def test_bad_channel(server: Served, name: str) -> None:
    """A name that no channel may have is refused in a body, in a path and in a query."""
    check_error(await server.http.post(MESSAGES, json=note(name)), "bad_channel")
    for path in ("/api/channels/{}/messages", "/api/channels/{}/stats"):
        quoted = "".join(f"%{byte:02x}" for byte in name.encode())
        answer = await server.http.get(path.format(quoted))
        check_error(answer, "bad_channel", channel=name)
    answer = await server.http.get("/api/v1/pending", params={"channel": name})
    check_error(answer, "bad_channel", channel=name)


@pytest.mark.parametrize("value", ["x", "-1", "nan", "", "1s"])
async def test_bad_wait(server: Served, value: str) -> None:
    """A wait that is no number of seconds is refused by name, before anything is asked."""
    asked = await server.post(question())
    answer = await server.http.post(MESSAGES, params={"wait": value}, json=question())
    check_error(answer, "bad_request", path="wait")
    path = f"{MESSAGES}/{asked['id']}/response"
    answer = await server.http.get(path, params={"wait": value})
    check_error(answer, "bad_request", path="wait")
    assert (await server.http.get("/api/v1/pending")).json()["total_count"] == 1


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "", "٣", "9" * 30])
async def test_bad_numbers(server: Served, value: str) -> None:
    """So are the numbers of a page, each by the name of its parameter."""
    for path, name in (
        ("/api/channels/a/messages", "limit"),
        ("/api/channels/a/messages", "after"),
        ("/api/v1/pending", "limit"),
    ):
        answer = await server.http.get(path, params={name: value})
        check_error(answer, "bad_request", path=name)


async def test_wait_with_array(server: Served) -> None:
    """A wait goes with one message; nothing of the array is asked."""
    answer = await server.http.post(MESSAGES, params={"wait": 1}, json=[question()])
    check_error(answer, "bad_request", path="wait")
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


@pytest.mark.parametrize(
    ("decision", "path"),
    [
        ([], "$"),
        ("yes", "$"),
        ({"answer": 5}, "$.answer"),
        ({"answer": "x", "response_type": "maybe"}, "$.response_type"),
        ({"answer": "x", "reason": ["a"]}, "$.reason"),
        ({"answer": "x" * 20_000}, "$.answer"),
    ],
)
async def test_bad_decision(server: Served, decision: Any, path: str) -> None:
    """A person's decision that is not valid names the field, and settles nothing."""
    asked = await server.post(question())
    answer = await server.http.post(f"{MESSAGES}/{asked['id']}/response", json=decision)
    check_error(answer, "invalid_message", path=path)
    assert await server.state_of(asked) == "pending"


async def test_body_too_large() -> None:
    """A body over the limit is refused, with or without a length declared."""

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    async with serving(body_bytes=1000) as server:
        for body in (b" " * 1001, in_pieces()):
            check_error(await server.http.post(MESSAGES, content=body), "too_large")
        await server.post(note())


async def test_message_too_large() -> None:
    """A message over its own limit is refused with the same code, and the limit."""
    async with serving(message_bytes=1000) as server:
        answer = await server.http.post(MESSAGES, json=note("a", "x" * 1000))
        check_error(answer, "too_large", limit=1000)


async def test_content_type_does_not_matter(server: Served) -> None:
    """A script that does not declare its JSON is understood all the same."""
    answer = await server.http.post(MESSAGES, content=orjson.dumps(note()))
    assert answer.status_code == 201
