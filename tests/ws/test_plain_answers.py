"""Prompts and responses in the earlier conversation: once to the asker, never by a forger."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.serving import (
    Served,
    Talk,
    authorization,
    note,
    question,
    response,
    talking,
    until,
)


async def ask(server: Served, talk: Talk, prompt: dict[str, Any]) -> dict[str, Any]:
    """Send a prompt over a connection and return it with its id."""
    sent = {**prompt, "id": str(uuid4())}
    await talk.send(sent)
    await until(lambda: any(str(key) == sent["id"] for key in server.broker.tables.prompts))
    return sent


async def settled(server: Served, prompt: dict[str, Any]) -> dict[str, Any]:
    """Answer a prompt over REST and return the recorded response."""
    decision = {"answer": "x"}
    if prompt["content"]["type"] != "question":
        decision = {"response_type": "authorization_approved"}
    answer = await server.respond(prompt, **decision)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize(
    "wishes",
    [
        [],
        [{"subscribe": ["a"]}],
        [{"subscribe": "*"}],
        [{"subscribe": ["b"]}],
        [{"subscribe": ["a"]}, {"unsubscribe": ["a"]}],
        [{"subscribe": "*"}, {"subscribe": ["a"]}],
    ],
    ids=["none", "a", "all", "b", "a no more", "all and a"],
)
@pytest.mark.parametrize("first", [True, False], ids=["follows first", "asks first"])
async def test_once(server: Served, plain: Talk, wishes: list[Any], first: bool) -> None:
    """Who asks gets the response, exactly once, whatever else the connection follows."""
    if first:
        await plain.send(*wishes)
    asked = await ask(server, plain, question("a"))
    if not first:
        await plain.send(*wishes)
    await plain.send(note("end"))
    await until(lambda: "end" in server.broker.channels)
    recorded = await settled(server, asked)
    seen = []
    while True:
        seen.append(await plain.receive())
        if seen[-1] == recorded:
            break
    assert [one for one in seen if one.get("correlation_id")] == [recorded]
    await server.post(note("a", "after"))
    for frame in await plain.call_plain(note("end")):
        # Who follows all may have the end itself, too.
        assert (frame["channel"], frame["content"]["text"]) in {
            ("a", "after"),
            ("end", "hello"),
        }


async def test_only_to_the_asker(server: Served, port: str, plain: Talk) -> None:
    """Another connection that asked something of its own does not get it."""
    async with talking(server.socket_url(port)) as other:
        asked = await ask(server, plain, authorization("a"))
        theirs = await ask(server, other, authorization("a"))
        recorded = await settled(server, asked)
        assert await plain.receive() == recorded
        assert await other.call_plain(note("b")) == []
        assert await settled(server, theirs) == await other.receive()


async def test_answer_over_the_socket(server: Served, port: str, plain: Talk) -> None:
    """A person's response frame settles the prompt; asker and followers get the message."""
    async with talking(server.socket_url(port)) as person:
        await person.send({"subscribe": ["a"]})
        asked = await ask(server, plain, authorization("a"))
        assert (await person.receive())["id"] == asked["id"]
        await person.send(response(asked, None, "authorization_approved"))
        answered = await plain.receive()
        assert answered["correlation_id"] == asked["id"]
        assert answered["sender_type"] == "HUMAN"
        assert await person.receive() == answered
        assert await server.state_of(asked) == "approved"


async def test_timeout(server: Served, plain: Talk) -> None:
    """Who asks is told when the time is over, and not that it was allowed."""
    await ask(server, plain, authorization("a", timeout_seconds=1))
    closing = await plain.receive()
    assert closing["content"]["response_type"] == "authorization_denied"
    assert closing["metadata"] == {"reason": "timeout"}


async def test_asked_again(server: Served, plain: Talk) -> None:
    """Sending a settled prompt again, as after a crash, brings its recorded response."""
    asked = await server.post(authorization("a"))
    recorded = await settled(server, asked)
    await plain.send(asked)
    assert await plain.receive() == recorded


@pytest.mark.parametrize("forged", ["unknown", "foreign", "settled", "wrong type"])
async def test_forged(server: Served, port: str, plain: Talk, forged: str) -> None:
    """A response to what is unknown, foreign or settled is refused and reaches nobody else."""
    async with talking(server.socket_url(port)) as person:
        asked = await ask(server, plain, authorization("a"))
        await person.send({"subscribe": "*"})
        assert (await person.receive())["id"] == asked["id"]
        frame, code = response(asked, None, "authorization_approved"), "original_not_found"
        if forged == "unknown":
            frame["correlation_id"] = str(uuid4())
        elif forged == "foreign":
            frame["channel"] = "b"
        elif forged == "settled":
            code = "already_settled"
            denied = await server.respond(asked, response_type="authorization_denied")
            assert await plain.receive() == await person.receive() == denied.json()
        else:
            frame["content"]["response_type"], code = "text", "wrong_response"
        async with talking(server.socket_url(port)) as forger:
            await forger.send(frame)
            assert (await forger.receive())["code"] == code
        assert await plain.call_plain(note("c", "end")) == []
        assert (await person.receive())["content"]["text"] == "end"
        state = "denied" if forged == "settled" else "pending"
        assert await server.state_of(asked) == state
