"""Waiting for a response by its prompt's id: in slices, by several, and giving up."""

from __future__ import annotations

from uuid import UUID

import httpx2
import trio

from tests.rest.kit import MESSAGES
from tests.serving import APPROVE, Served, authorization, question, serving, until


async def wait(server: Served, prompt: dict, seconds: float, into: list) -> None:
    path = f"{MESSAGES}/{prompt['id']}/response"
    into.append(await server.http.get(path, params={"wait": seconds}))


async def test_answered_while_waiting(server: Served) -> None:
    """Everybody who waits gets the same response as soon as it exists."""
    asked = await server.post(authorization())
    answers: list[httpx2.Response] = []
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(wait, server, asked, 60, answers)
        await until(lambda: server.broker.tables.waiters == 3)
        recorded = await server.respond(asked, **APPROVE)
    assert [one.status_code for one in answers] == [200] * 3
    assert {one.content for one in answers} == {recorded.content}
    assert server.broker.tables.waiters == 0


async def test_slices(server: Served) -> None:
    """A slice that ends first gives 202 and the prompt; the next one gets the response."""
    asked = await server.post(question())
    answers: list[httpx2.Response] = []
    await wait(server, asked, 0, answers)
    await wait(server, asked, 0.01, answers)
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json()["prompt"]["state"] == "pending"
    assert answers[0].json()["id"] == asked["id"]
    recorded = await server.respond(asked, answer="x")
    await wait(server, asked, 60, answers)
    assert answers[2].status_code == 200
    assert answers[2].content == recorded.content


async def test_no_wait(server: Served) -> None:
    """Without a wait the answer comes at once."""
    asked = await server.post(question())
    answer = await server.http.get(f"{MESSAGES}/{asked['id']}/response")
    assert answer.status_code == 202


async def test_longest_wait() -> None:
    """A wait longer than the server's own longest ends with that."""
    async with serving(max_wait_seconds=0.01) as server:
        asked = await server.post(question())
        answers: list[httpx2.Response] = []
        await wait(server, asked, float("inf"), answers)
        assert answers[0].status_code == 202


async def test_client_leaves(server: Served) -> None:
    """A client that leaves while it waits leaves nothing behind, and the prompt open."""
    asked = await server.post(question())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, server, asked, 60, [])
        await until(lambda: server.broker.tables.waiters == 1)
        nursery.cancel_scope.cancel()
    await until(lambda: server.broker.tables.waiters == 0)
    assert await server.state_of(asked) == "pending"
    assert server.broker.prompt(UUID(asked["id"]))._watchers == []
    answers: list[httpx2.Response] = []
    await server.respond(asked, answer="x")
    await wait(server, asked, 60, answers)
    assert answers[0].json()["content"]["answer"] == "x"


async def test_asker_leaves(server: Served) -> None:
    """The same holds for one who asked and waited in one request."""

    async def ask() -> None:
        await server.http.post(MESSAGES, params={"wait": 60}, json=authorization())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await until(lambda: server.broker.tables.waiters == 1)
        nursery.cancel_scope.cancel()
    await until(lambda: server.broker.tables.waiters == 0)
    (item,) = (await server.http.get("/api/v1/pending")).json()["items"]
    assert (await server.respond(item["message"], **APPROVE)).status_code == 200


async def test_one_wait_does_not_hold_others(server: Served) -> None:
    """While many wait, another channel's prompt is asked, answered and waited for."""
    held = await server.post(question("held"))
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(wait, server, held, 60, [])
        await until(lambda: server.broker.tables.waiters == 20)
        async with httpx2.AsyncClient(base_url=server.daemon.rest_url) as other:
            asked = (await other.post(MESSAGES, json=question("free"))).json()
            path = f"{MESSAGES}/{asked['id']}/response"
            assert (await other.post(path, json={"answer": "x"})).status_code == 200
            assert (await other.get(path, params={"wait": 60})).status_code == 200
        nursery.cancel_scope.cancel()


async def test_too_many_waiters() -> None:
    """The next one over the bound is told at once that nobody has answered; others wait on."""
    async with serving(max_waiters=1) as server:
        asked = await server.post(question())
        answers: list[httpx2.Response] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, server, asked, 60, answers)
            await until(lambda: server.broker.tables.waiters == 1)
            at_once: list[httpx2.Response] = []
            await wait(server, asked, 60, at_once)
            assert at_once[0].status_code == 202
            assert at_once[0].json()["prompt"]["state"] == "pending"
            await server.respond(asked, answer="x")
        assert answers[0].status_code == 200
