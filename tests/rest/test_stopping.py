"""A server that stops: everybody who waits is told, and nothing new is taken."""

from __future__ import annotations

import httpx2
import pytest
import trio

from ailoop.daemon import Settings, open_daemon
from tests.rest.kit import MESSAGES, check_error
from tests.serving import APPROVE, Served, authorization, note, question, until


async def test_nothing_new(server: Served) -> None:
    """Writing is refused with 503 and when to try again; reading still works."""
    asked = await server.post(question())
    await server.broker.drain()
    path = f"{MESSAGES}/{asked['id']}"
    for answer in (
        await server.http.post(MESSAGES, json=note()),
        await server.http.post(f"{path}/response", json={"answer": "x"}),
        await server.http.delete(path),
        await server.http.post("/api/test"),
    ):
        check_error(answer, "shutting_down")
    assert (await server.http.get("/api/channels/a/messages")).json()["total_count"] == 2


async def test_health(server: Served) -> None:
    """Health says so with 503, so that nobody sends work here."""
    await server.broker.drain()
    answer = await server.http.get("/api/v1/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "stopping"


async def test_open_prompts(server: Served) -> None:
    """Open prompts settle as cancelled, never as approved; their response can be read."""
    asked = await server.post(authorization())
    await server.broker.drain()
    closing = await server.http.get(f"{MESSAGES}/{asked['id']}/response")
    assert closing.status_code == 200
    assert closing.json()["content"]["response_type"] == "cancelled"
    assert closing.json()["metadata"] == {"reason": "shutdown"}
    assert await server.state_of(asked) == "cancelled"


async def test_wait_for_what_outlives_the_process(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the prompt stays open for the next process, who waits is sent to try again."""
    server.broker._registry.journal.durable = True
    asked = await server.post(authorization())
    answers: list[httpx2.Response] = []

    async def wait() -> None:
        path = f"{MESSAGES}/{asked['id']}/response"
        answers.append(await server.http.get(path, params={"wait": 60}))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await until(lambda: server.broker.tables.waiters)
        await server.broker.drain()
    check_error(answers[0], "shutting_down")
    assert await server.state_of(asked) == "pending"


async def test_stop_while_waiting() -> None:
    """Leaving the daemon answers a long poll under way, and closes idle connections."""
    answers: list[httpx2.Response] = []

    async def wait(http: httpx2.AsyncClient, path: str) -> None:
        answers.append(await http.get(path, params={"wait": 60}))

    settings = Settings(ws_port=0, rest_port=0, grace_seconds=60)
    async with trio.open_nursery() as nursery:
        with trio.fail_after(10):
            async with open_daemon(settings) as daemon:
                http = httpx2.AsyncClient(base_url=daemon.rest_url)
                asked = (await http.post(MESSAGES, json=authorization())).json()
                path = f"{MESSAGES}/{asked['id']}/response"
                nursery.start_soon(wait, http, path)
                await until(lambda: daemon.gateway.broker.tables.waiters)
    assert answers[0].status_code == 200
    assert answers[0].json()["content"]["response_type"] == "cancelled"
    with trio.fail_after(10):
        try:
            await http.post(path, json=APPROVE)
        except httpx2.ConnectError:
            pass
        else:
            raise AssertionError("somebody still answers")
    await http.aclose()
