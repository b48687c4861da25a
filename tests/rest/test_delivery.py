"""Whether a prompt was shown, over HTTP."""

from __future__ import annotations

from uuid import uuid4

import pytest
import trio

from tests.rest.kit import MESSAGES, check_error
from tests.serving import V1, Served, note, question, talking, until

NOBODY = {"delivered_at": None, "seen_at": None, "seen_by": [], "typing": []}


async def test_nobody(server: Served) -> None:
    """A prompt that no surface has shown says so, on every route that shows it."""
    asked = await server.post(question())
    path = f"{MESSAGES}/{asked['id']}"
    assert (await server.http.get(f"{path}/delivery")).json() == {
        "message_id": asked["id"],
        "state": "pending",
        **NOBODY,
    }
    assert (await server.http.get(path)).json()["prompt"]["delivery"] == NOBODY
    (item,) = (await server.http.get("/api/v1/pending")).json()["items"]
    assert item["delivery"] == NOBODY


async def test_post(server: Served) -> None:
    """A surface without a WebSocket can tell that it lists a prompt, or who has seen it."""
    asked = await server.post(question())
    path = f"{MESSAGES}/{asked['id']}/delivery"
    told = (await server.http.post(path, json={"state": "delivered"})).json()
    assert told["delivered_at"] is not None
    assert told["seen_at"] is None
    told = (await server.http.post(path, json={"state": "seen", "name": "ann"})).json()
    assert told["seen_by"] == ["ann"]
    assert (await server.http.get(path)).json() == told


@pytest.mark.parametrize("body", [{"state": "typing"}, {"state": "x"}, {}, [], {"state": 1}])
async def test_bad(server: Served, body: object) -> None:
    """Typing ends with a connection, and here is none; what cannot be names its field."""
    asked = await server.post(question())
    answer = await server.http.post(f"{MESSAGES}/{asked['id']}/delivery", json=body)
    path = "$" if body == [] else "$.state"
    check_error(answer, "invalid_message", path=path)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_prompt(server: Served, method: str) -> None:
    """What is not known, or does not wait, was not shown."""
    told = await server.post(note())
    for message_id, code in ((str(uuid4()), "message_not_found"), (told["id"], "not_a_prompt")):
        path = f"{MESSAGES}/{message_id}/delivery"
        check_error(await server.http.request(method, path, json={"state": "seen"}), code)


@pytest.mark.parametrize("end", ["shown", "answered"])
async def test_wait(server: Served, end: str) -> None:
    """A wait ends when a surface shows the prompt, or when it is settled."""
    asked = await server.post(question())
    path = f"{MESSAGES}/{asked['id']}/delivery"
    answers = []

    async def wait() -> None:
        answers.append((await server.http.get(path, params={"wait": 60})).json())

    async with (
        talking(server.socket_url("ws"), V1) as surface,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(wait)
        await until(lambda: server.broker.tables.waiters)
        if end == "shown":
            await surface.call("show", ids=[asked["id"]], state="delivered")
        else:
            await server.respond(asked, answer="x")
    (answer,) = answers
    assert (answer["delivered_at"] is not None) == (end == "shown")
    assert answer["state"] == ("pending" if end == "shown" else "answered")


async def test_wait_ends(server: Served) -> None:
    """Where nothing is shown the wait ends when it was said to, with what is known."""
    asked = await server.post(question())
    path = f"{MESSAGES}/{asked['id']}/delivery"
    with trio.fail_after(10):
        answer = await server.http.get(path, params={"wait": 0.01})
    assert answer.json() == {"message_id": asked["id"], "state": "pending", **NOBODY}
