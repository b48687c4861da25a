"""What only the blocking face has: time limits, threads, Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import trio

import ailoop.aio
from ailoop import AiloopError, ConnectionState, NotAuthorized, Unreachable
from ailoop.sync import AiloopClient, fail_after
from tests.client.kit import Call, asked, settle
from tests.daemon.process import environment
from tests.serving import APPROVE, DENY, Served, until


async def blocking(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call what blocks."""
    return await trio.to_thread.run_sync(partial(function, *args, **kwargs))


@pytest.mark.parametrize("how", [{}, {"leave_open": True}, {"key": "k"}])
async def test_time_is_over(
    server: Served, transport: Any, nursery: trio.Nursery, how: dict[str, Any]
) -> None:
    """A call that takes too long raises TimeoutError, and withdraws what it asked."""

    def ask() -> None:
        with AiloopClient(server.daemon.rest_url, transport=transport) as client:
            with pytest.raises(TimeoutError), fail_after(1.5), fail_after(60):
                client.authorize("a", "Deploy", **how)
            client.say("a", "goes on")

    call = Call(nursery, blocking, ask)
    prompt = await asked(server)
    await call.result()
    expected = "pending" if how else "cancelled"
    assert await server.state_of({"id": str(prompt.entry.id)}) == expected


async def test_no_time(server: Served, transport: Any) -> None:
    """A call whose time is over before it begins ends at once; so does leaving the client."""

    def work() -> None:
        client = AiloopClient(server.daemon.rest_url, transport=transport)
        with client:
            for _ in range(20):
                with pytest.raises(TimeoutError), fail_after(0):
                    client.ask("a", "Which?")
        with pytest.raises(TimeoutError), fail_after(0.5), client:
            client.ask("a", "Which?")
        assert client.state is ConnectionState.CLOSED

    await blocking(work)
    await until(lambda: not server.broker.tables.open_prompts)


async def test_time_for_a_feed(server: Served, transport: Any) -> None:
    """So does reading a feed, which goes on afterwards."""

    def read() -> str:
        with (
            AiloopClient(server.daemon.rest_url, transport=transport) as client,
            client.subscribe("a") as feed,
        ):
            with pytest.raises(TimeoutError), fail_after(0.1):
                next(feed)
            client.say("a", "x")
            return next(feed).content.text  # type: ignore[union-attr]

    assert await blocking(read) == "x"


async def test_many_threads(server: Served, transport: Any) -> None:
    """Threads share a client; each gets the answer to what it asked."""

    def work() -> list[str | None]:
        with (
            AiloopClient(server.daemon.rest_url, transport=transport) as client,
            ThreadPoolExecutor(20) as pool,
        ):
            calls = [pool.submit(client.ask, "a", f"{n}?") for n in range(20)]
            return [call.result().content.answer for call in calls]

    async with trio.open_nursery() as nursery:
        call = Call(nursery, blocking, work)
        await asked(server, 20)
        for prompt in list(server.broker.pending()):
            await settle(server, prompt, answer=prompt.content.label.removesuffix("?"))
        assert await call.result() == [str(n) for n in range(20)]


async def test_guards(server: Served, nursery: trio.Nursery) -> None:
    """A guarded function, or block, runs after an approval, and not at all without."""
    done: list[str] = []

    def work() -> str | None:
        with AiloopClient(server.daemon.rest_url) as client:

            @client.requires_authorization("deploy {version}", channel="a")
            def deploy(version: str) -> None:
                done.append(version)

            deploy("1.4")
            with pytest.raises(NotAuthorized, match="not today"):
                deploy("1.5")
            with client.requires_authorization("drop it", channel="a") as approval:
                return approval.responder

    call = Call(nursery, blocking, work)
    await settle(server, await asked(server), **APPROVE)
    await settle(server, await asked(server), **DENY, reason="not today")
    prompt = await asked(server)
    assert prompt.content.label == "drop it"
    await settle(server, prompt, **APPROVE, responder="ann")
    assert await call.result() == "ann"
    assert done == ["1.4"]


def test_guard_mistakes() -> None:
    """What could not work shows when the function is made, not when it is called."""
    guard = AiloopClient("http://127.0.0.1:1").requires_authorization("deploy {version}")

    async def waiting(version: str) -> None: ...

    with pytest.raises(TypeError, match="version"):
        guard(lambda name: None)
    with pytest.raises(TypeError, match="async"):
        guard(waiting)


def test_not_open() -> None:
    """A client that is not open says so; so does one that cannot be opened."""
    client = AiloopClient("http://127.0.0.1:1")
    assert client.state is ConnectionState.CLOSED
    with pytest.raises(AiloopError, match="not open"):
        client.say("a", "x")
    with pytest.raises(Unreachable), client:
        pass


async def test_twice_open(server: Served) -> None:
    """A client is opened once at a time, and can be opened again."""

    def work() -> None:
        client = AiloopClient(server.daemon.rest_url)
        for _ in range(2):
            with client:
                client.say("a", "x")
                with pytest.raises(AiloopError, match="open already"), client:
                    pass
        with pytest.raises(AiloopError, match="not open"):
            client.say("a", "x")

    await blocking(work)
    assert len(server.broker.tables.messages) == 2


async def test_called_by_its_own_event(server: Served) -> None:
    """A client that its own event calls says so instead of waiting for itself."""
    caught: list[str] = []

    def work() -> None:
        def on_event(_: object) -> None:
            try:
                client.say("a", "x")
            except AiloopError as error:
                caught.append(str(error))

        client = AiloopClient(server.daemon.rest_url, on_event=on_event)
        with client:
            pass

    await blocking(work)
    assert caught


SCRIPT = """
import sys
from ailoop.sync import AiloopClient
with AiloopClient(sys.argv[1], transport=sys.argv[2]) as client:
    client.ask("a", "Which?", timeout=600)
"""


async def test_ctrl_c(server: Served, transport: Any) -> None:
    """Ctrl-C ends a script that waits, at once, and its question is withdrawn."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", SCRIPT, server.daemon.rest_url, transport],
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        await asked(server)
        process.send_signal(signal.SIGINT)
        with trio.fail_after(10):
            assert await process.wait() == -signal.SIGINT
        await until(lambda: not server.broker.tables.open_prompts)
    finally:
        process.kill()


INTERRUPTED = """
import signal, sys
import trio, ailoop
from ailoop.sync import AiloopClient
def interrupt(*_): raise {error}
signal.signal(signal.SIGALRM, interrupt)
with AiloopClient(sys.argv[1], transport=sys.argv[2]) as client:
    try:
        client.ask("a", "Which?", timeout=600)
    except BaseException as error:
        print(type(error).__name__)
"""


@pytest.mark.parametrize("error", ["SystemExit(1)", "TimeoutError()", "ValueError()"])
async def test_interrupted(server: Served, transport: Any, error: str) -> None:
    """Whatever a signal handler raises, the question is withdrawn before it goes on."""
    script = INTERRUPTED.format(error=error)
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", script, server.daemon.rest_url, transport],
        env=environment(),
        stdout=subprocess.PIPE,
    )
    prompt = await asked(server)
    process.send_signal(signal.SIGALRM)
    with trio.fail_after(10):
        assert process.stdout is not None
        assert (await process.stdout.receive_some()).decode().strip() == error.partition("(")[0]
        assert await process.wait() == 0
    assert await server.state_of({"id": str(prompt.entry.id)}) == "cancelled"


async def test_ctrl_c_on_trio(server: Served, transport: Any) -> None:
    """On Trio Ctrl-C withdraws the question as well."""
    # It is pressed while the client waits: at work, Trio would hand it to whichever task
    # happens to run, be it the one that keeps the connection.
    script = """
import sys, trio, trio.testing
from ailoop import AiloopClient
async def main():
    async with AiloopClient(sys.argv[1], transport=sys.argv[2]) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.ask, "a", "Which?")
            await trio.testing.wait_all_tasks_blocked(0.5)
            print("quiet", flush=True)
trio.run(main)
"""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", script, server.daemon.rest_url, transport],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        await asked(server)
        with trio.fail_after(10):
            assert (await process.stdout.receive_some()).startswith(b"quiet")
            process.send_signal(signal.SIGINT)
            await process.wait()
        await until(lambda: not server.broker.tables.open_prompts)
    finally:
        process.kill()
        await process.stdout.aclose()


@pytest.mark.parametrize("end", ["", "held = news(); next(held)"])
async def test_not_left(server: Served, end: str) -> None:
    """A script that ends without leaving its client ends, and what it said has arrived."""
    script = f"""
import sys
from ailoop.sync import AiloopClient
def news():
    with client.subscribe("a") as feed:
        yield feed
client = AiloopClient(sys.argv[1])
client.__enter__()
{end}
for number in range(300):
    client.say("b", str(number), wait=False)
"""
    with trio.fail_after(10):
        await trio.run_process(
            [sys.executable, "-c", script, server.daemon.rest_url], env=environment()
        )
    assert len(server.broker.tables.messages) == 300


async def test_forked(server: Served) -> None:
    """In a forked child the parent's client says so, instead of waiting for ever."""
    script = """
import os, sys
from ailoop.sync import AiloopClient, AiloopError
with AiloopClient(sys.argv[1]) as client:
    if os.fork() == 0:
        try:
            client.say("a", "x")
        except AiloopError as error:
            os._exit("another process" in str(error))
        os._exit(2)
    status = os.waitstatus_to_exitcode(os.wait()[1])
sys.exit(status != 1)
"""
    with trio.fail_after(10):
        await trio.run_process(
            [sys.executable, "-c", script, server.daemon.rest_url], env=environment()
        )


async def test_killed(server: Served, transport: Any, nursery: trio.Nursery) -> None:
    """An agent that is killed leaves its question, and the next one gets the answer."""
    script = SCRIPT.replace("timeout=600", "timeout=600, key='deploy-42'")
    script += (
        "    print(client.ask('a', 'Which?', timeout=600, key='deploy-42').content.answer)\n"
    )
    command = [sys.executable, "-c", script, server.daemon.rest_url, transport]
    first = await trio.lowlevel.open_process(command, env=environment())
    prompt = await asked(server)
    first.kill()
    await first.wait()
    await until(lambda: not prompt._watchers)
    run = partial(trio.run_process, command, env=environment(), capture_stdout=True)
    second = Call(nursery, run)
    assert await asked(server) is prompt
    await settle(server, prompt, answer="x")
    assert (await second.result()).stdout == b"x\n"
    assert len(server.broker.tables.messages) == 2


def test_wrong_loop() -> None:
    """A face on another's loop says which one to take."""
    import asyncio

    async def enter(client: Any) -> None:
        async with client:
            pass

    with pytest.raises(AiloopError, match=r"ailoop\.aio\.AiloopClient"):
        asyncio.run(enter(ailoop.AiloopClient("http://127.0.0.1:1")))
    with pytest.raises(AiloopError, match=r"on Trio use ailoop\.AiloopClient"):
        trio.run(enter, ailoop.aio.AiloopClient("http://127.0.0.1:1"))
