"""What asyncio does in its own way: timeouts, tasks, cancellation by task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from ailoop import ConnectionState, NotAuthorized
from ailoop.aio import AiloopClient
from tests.client.kit import Call, asked, settle
from tests.serving import APPROVE, DENY, Served, until


async def on_asyncio(function: Callable[[], Awaitable[Any]]) -> Any:
    """Run a function on asyncio, in a thread."""

    async def run() -> Any:
        return await function()

    return await trio.to_thread.run_sync(lambda: asyncio.run(run()))


@pytest.mark.parametrize("how", ["timeout", "wait_for", "cancel"])
async def test_withdrawn(
    server: Served, transport: Any, nursery: trio.Nursery, how: str
) -> None:
    """Whatever cancels a call withdraws its prompt, and the client goes on."""

    async def work() -> None:
        async with AiloopClient(server.daemon.rest_url, transport=transport) as client:
            asking = client.authorize("a", "Deploy")
            if how == "cancel":
                task = asyncio.create_task(asking)
                while not await client.pending():  # noqa: ASYNC110 -- the server tells nobody
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            elif how == "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(1.5):
                        await asking
            else:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(asking, 1.5)
            await client.say("a", "goes on")

    call = Call(nursery, on_asyncio, work)
    prompt = await asked(server)
    await call.result()
    assert await server.state_of({"id": str(prompt.entry.id)}) == "cancelled"


async def test_cancelled_twice(server: Served, transport: Any) -> None:
    """A second cancel, at whichever moment, does not leave the prompt open."""

    async def work() -> None:
        async with AiloopClient(server.daemon.rest_url, transport=transport) as client:
            for steps in range(60):
                task = asyncio.create_task(client.ask("a", "Which?"))
                while not await client.pending():  # noqa: ASYNC110 -- the server tells nobody
                    await asyncio.sleep(0)
                task.cancel()
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                assert task.cancelled()
                assert not await client.pending()

    await on_asyncio(work)


async def test_left_in_another_task(server: Served, transport: Any) -> None:
    """A client may be entered in one task and left in another."""

    async def work() -> None:
        client = AiloopClient(server.daemon.rest_url, transport=transport)
        await asyncio.create_task(client.__aenter__())
        await client.say("a", "x")
        await asyncio.create_task(client.__aexit__(None, None, None))
        assert client.state is ConnectionState.CLOSED
        assert asyncio.all_tasks() == {asyncio.current_task()}

    await on_asyncio(work)
    await until(lambda: not len(server.daemon.gateway.presence))


async def test_cancelled_while_entering(server: Served, transport: Any) -> None:
    """Entering that is cancelled, at whichever moment, leaves no task and no connection."""

    async def work() -> None:
        for steps in range(60):
            client = AiloopClient(server.daemon.rest_url, transport=transport)
            task = asyncio.create_task(client.__aenter__())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                await client.__aexit__(None, None, None)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    await on_asyncio(work)
    await until(lambda: not len(server.daemon.gateway.presence))


async def test_guards(server: Served, nursery: trio.Nursery) -> None:
    """A guarded function, or block, runs after an approval, and not at all without."""
    done: list[str] = []

    async def work() -> str | None:
        async with AiloopClient(server.daemon.rest_url) as client:

            @client.requires_authorization("deploy {version}", channel="a")
            async def deploy(version: str) -> None:
                done.append(version)

            await deploy("1.4")
            with pytest.raises(NotAuthorized, match="not today"):
                await deploy("1.5")
            async with client.requires_authorization("drop it", channel="a") as approval:
                return approval.responder

    call = Call(nursery, on_asyncio, work)
    await settle(server, await asked(server), **APPROVE)
    await settle(server, await asked(server), **DENY, reason="not today")
    await settle(server, await asked(server), **APPROVE, responder="ann")
    assert await call.result() == "ann"
    assert done == ["1.4"]


async def test_error_of_the_block(server: Served, transport: Any) -> None:
    """The block's own exception comes out as it is, not in a group."""

    async def work() -> None:
        async with AiloopClient(server.daemon.rest_url, transport=transport):
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await on_asyncio(work)


async def test_key(server: Served, nursery: trio.Nursery, transport: Any) -> None:
    """A prompt under a key outlives the loop that asked, and its answer is there later."""

    async def give_up() -> None:
        async with AiloopClient(server.daemon.rest_url, transport=transport) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await client.ask("a", "Which?", key="k")

    async def go_on() -> str | None:
        async with AiloopClient(server.daemon.rest_url, transport=transport) as client:
            return (await client.ask("a", "Which?", key="k")).content.answer

    await on_asyncio(give_up)
    (prompt,) = server.broker.pending()
    await settle(server, prompt, answer="x")
    assert await on_asyncio(go_on) == "x"
