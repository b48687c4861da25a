"""Posting messages: one, several, again, and with a wait folded in."""

from __future__ import annotations

from uuid import UUID, uuid4

import trio

from tests.rest.kit import MESSAGES, check_error
from tests.serving import (
    APPROVE,
    Served,
    authorization,
    navigate,
    note,
    question,
    response,
    until,
)


async def test_one(server: Served) -> None:
    """A message comes back complete, in compact JSON with its members in order."""
    answer = await server.http.post(MESSAGES, json=question(text="Deploy?"))
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    sent = answer.json()
    assert answer.content == (
        b'{"id":"%b","channel":"a","sender_type":"AGENT","content":{"type":"question",'
        b'"text":"Deploy?","timeout_seconds":60},"timestamp":"%b","correlation_id":null}'
    ) % (sent["id"].encode(), sent["timestamp"].encode())
    assert UUID(sent["id"]).version == 7
    assert sent["timestamp"].endswith("Z")


async def test_each_kind(server: Served) -> None:
    """All five kinds of content are taken, with the defaults the contract names."""
    asked = await server.post(question())
    allowed = await server.post(authorization())
    opened = await server.post(navigate())
    told = await server.post(note())
    answered = await server.post(response(asked))
    assert asked["content"]["timeout_seconds"] == 60
    assert allowed["content"]["timeout_seconds"] == 300
    assert opened["content"]["timeout_seconds"] == 300
    assert told["content"]["priority"] == "normal"
    assert answered["sender_type"] == "HUMAN"
    assert answered["correlation_id"] == asked["id"]


async def test_longest_timeout(server: Served) -> None:
    """A timeout of 0, or over the maximum, comes back as what the server applied."""
    for wanted in (0, 10**9):
        sent = await server.post(question(timeout_seconds=wanted))
        assert sent["content"]["timeout_seconds"] == 24 * 60 * 60


async def test_array(server: Served) -> None:
    """An array gives an array, in order, over several channels."""
    texts = [f"m{number}" for number in range(6)]
    sent = await server.post(*(note("ab"[i % 2], text) for i, text in enumerate(texts)))
    assert [one["content"]["text"] for one in sent] == texts
    kept = (await server.http.get("/api/channels/b/messages")).json()
    assert [one["content"]["text"] for one in kept["messages"]] == texts[1::2]


async def test_array_of_one(server: Served) -> None:
    """An array of one message is answered by an array."""
    answer = await server.http.post(MESSAGES, json=[note()])
    assert answer.status_code == 201
    assert len(answer.json()) == 1


async def test_array_all_or_nothing(server: Served) -> None:
    """One message that is not valid refuses all, and says which and where."""
    bad = note("a", priority="shouting")
    answer = await server.http.post(MESSAGES, json=[note("a"), note("b"), bad])
    check_error(answer, "invalid_message", path="$.content.priority", index=2)
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


async def test_array_bad_channel(server: Served) -> None:
    """The same holds for a channel's name, whose status is another."""
    answer = await server.http.post(MESSAGES, json=[note("a"), note("no spaces")])
    check_error(answer, "bad_channel", index=1, channel="no spaces")
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


async def test_array_foreign_response(server: Served) -> None:
    """A response to nothing refuses the array that carries it."""
    nothing = {"id": str(uuid4()), "channel": "a"}
    answer = await server.http.post(MESSAGES, json=[note("a"), response(nothing)])
    check_error(answer, "original_not_found", message_id=nothing["id"])
    assert (await server.http.get("/api/channels")).json() == {"channels": []}


async def test_array_refused_by_the_log(server: Served) -> None:
    """What only the log can refuse says which was refused and which were accepted."""
    taken = await server.post(note("a", "first"))
    other = {**note("a", "second"), "id": taken["id"]}
    new = {**note("a", "third"), "id": str(uuid4())}
    answer = await server.http.post(MESSAGES, json=[new, other])
    check_error(answer, "id_conflict", index=1, accepted=[new["id"]])


async def test_again(server: Served) -> None:
    """The same id with the same content is answered as before, with 200, and kept once."""
    sent = {**question(), "id": str(uuid4()), "metadata": {"run": 1}}
    first = await server.http.post(MESSAGES, json=sent)
    second = await server.http.post(MESSAGES, json=sent)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert (await server.http.get("/api/channels/a/messages")).json()["total_count"] == 1
    assert (await server.http.get("/api/v1/pending")).json()["total_count"] == 1


async def test_again_otherwise(server: Served) -> None:
    """The same id with other content is refused, and the first stays."""
    sent = {**question(text="one"), "id": str(uuid4())}
    await server.post(sent)
    answer = await server.http.post(MESSAGES, json={**question(text="two"), "id": sent["id"]})
    check_error(answer, "id_conflict", id=sent["id"])
    kept = await server.http.get(f"{MESSAGES}/{sent['id']}")
    assert kept.json()["content"]["text"] == "one"


async def test_wait_answered(server: Served) -> None:
    """With a wait, the answer to the post is the response."""
    sent = {**authorization(), "id": str(uuid4())}
    answers = []

    async def ask() -> None:
        answers.append(await server.http.post(MESSAGES, params={"wait": 60}, json=sent))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await until(lambda: server.broker.tables.waiters)
        assert (await server.respond(sent, **APPROVE)).status_code == 200
    assert answers[0].status_code == 200
    assert answers[0].json()["correlation_id"] == sent["id"]
    assert answers[0].json()["content"]["response_type"] == "authorization_approved"


async def test_wait_over(server: Served) -> None:
    """A wait that ends first gives 202 and the prompt, which stays open."""
    answer = await server.http.post(MESSAGES, params={"wait": 0}, json=question())
    assert answer.status_code == 202
    prompt = answer.json()
    assert prompt["content"]["type"] == "question"
    assert prompt["prompt"]["state"] == "pending"
    assert prompt["prompt"]["response_id"] is None
    assert await server.state_of(prompt) == "pending"


async def test_wait_for_what_is_settled(server: Served) -> None:
    """Posting a settled prompt again with a wait gives its recorded response at once."""
    sent = {**question(), "id": str(uuid4())}
    await server.post(sent)
    recorded = await server.respond(sent, answer="blue")
    again = await server.http.post(MESSAGES, params={"wait": 60}, json=sent)
    assert again.status_code == 200
    assert again.content == recorded.content


async def test_wait_for_nothing(server: Served) -> None:
    """A notification waits for nobody, whatever the query says."""
    answer = await server.http.post(MESSAGES, params={"wait": 60}, json=note())
    assert answer.status_code == 201


async def test_wait_timeout(server: Served) -> None:
    """A prompt that times out while waited for gives its closing response, a denial."""
    answer = await server.http.post(
        MESSAGES, params={"wait": 60}, json=authorization(timeout_seconds=1)
    )
    assert answer.status_code == 200
    assert answer.json()["sender_type"] == "SYSTEM"
    assert answer.json()["content"]["response_type"] == "authorization_denied"
    assert answer.json()["metadata"] == {"reason": "timeout"}
