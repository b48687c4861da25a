"""A client whose wire is cut, stalled or refused, and whose daemon is restarted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from ailoop import (
    AiloopClient,
    Connected,
    ConnectionLost,
    ConnectionState,
    Lost,
    MissedMessages,
    Patience,
    PromptLost,
    Reconnecting,
    Refused,
    Unavailable,
    Unreachable,
)
from ailoop.model.errors import Refusal
from ailoop.transport.origin import OriginPolicy
from tests.client.faces import OpenClient, alone, but
from tests.client.kit import Call, asked, settle
from tests.client.proxy import Wire, wired
from tests.serving import APPROVE, PATIENCE, Served, note, serving, until

SOON = Patience(first_seconds=0.01, longest_seconds=0.05, heartbeat_seconds=5)
"""Of a client in a test: it tries again at once."""


@pytest.fixture
async def wire(server: Served) -> AsyncIterator[Wire]:
    """Lay a wire to the daemon."""
    async with wired(server.address("rest")) as laid:
        yield laid


@pytest.fixture
async def agent(wire: Wire, transport: Any, face: OpenClient) -> AsyncIterator[AiloopClient]:
    """Open a client at the other end of the wire."""
    async with face(wire.url, transport=transport, patience=SOON) as opened:
        yield opened


async def test_ask_survives_a_cut(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """Who waits gets the answer over another connection, and the person was asked once."""
    call = Call(nursery, lambda: agent.authorize("a", "Deploy"))
    prompt = await asked(server)
    wire.cut()
    await until(lambda: wire.connections >= 2)
    await settle(server, prompt, **APPROVE, responder="ann")
    approval = await call.result()
    assert approval
    assert approval.responder == "ann"
    assert approval.latency_seconds > 0
    assert len(await agent.history("a")) == 2


async def test_answer_during_the_cut(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """An answer given while the client is away is there when it comes back."""
    call = Call(nursery, lambda: agent.ask("a", "Which?"))
    prompt = await asked(server)
    wire.refusing = True
    wire.cut()
    await until(lambda: not prompt._watchers)
    recorded = await settle(server, prompt, answer="x")
    wire.refusing = False
    assert (await call.result()).id == recorded


async def test_asked_while_away(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """What is asked without a connection is sent once there is one."""
    wire.refusing = True
    wire.cut()
    before = wire.connections
    call = Call(nursery, lambda: agent.ask("a", "Which?"))
    await until(lambda: wire.connections >= before + 2)
    wire.refusing = False
    recorded = await settle(server, await asked(server), answer="x")
    assert (await call.result()).id == recorded


async def test_ack_lost(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """A message whose acknowledgement got lost is sent again, and is there once."""
    wire.stall("back")
    call = Call(nursery, lambda: agent.say("a", "once"))
    await until(lambda: server.broker.tables.messages)
    wire.cut()
    await call.result()
    assert [one.content.text for one in await agent.history("a")] == ["once"]


async def test_withdraw_repeated(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """A withdrawal whose confirmation got lost is still the client's own."""
    ticket = await agent.post_question("a", "Which?")
    wire.stall("back")
    call = Call(nursery, agent.withdraw, ticket)
    await until(lambda: not server.broker.tables.open_prompts)
    wire.cut()
    assert (await call.result()).metadata == {"reason": "withdrawn"}


async def test_feed_goes_on(
    server: Served, wire: Wire, transport: Any, face: OpenClient
) -> None:
    """A feed has what came while the client was away, in order, nothing twice."""
    async with face(wire.url, transport=transport, patience=SOON) as client:
        await server.post(note("a", "old"))
        async with client.subscribe() as feed:
            await server.post(note("a", "0"))
            texts = [(await anext(feed)).content.text]
            wire.refusing = True
            wire.cut()
            # One channel goes on, the other appears meanwhile.
            await server.post(note("a", "1"), note("b", "2"), note("a", "3"), note("b", "4"))
            wire.refusing = False
            with trio.fail_after(PATIENCE):
                texts += [(await anext(feed)).content.text for _ in range(4)]
            await server.post(note("a", "5"))
            with trio.fail_after(PATIENCE):
                texts.append((await anext(feed)).content.text)
        assert texts[0] == "0"
        assert [one for one in texts if one in "135"] == ["1", "3", "5"]
        assert [one for one in texts if one in "24"] == ["2", "4"]


async def test_cursors(server: Served, client: AiloopClient) -> None:
    """A reader's cursors are of what it has read; another one goes on from there."""
    async with client.subscribe("a") as feed:
        await server.post(*(note("a", str(number)) for number in range(3)))
        with trio.fail_after(PATIENCE):
            for expected in ("0", "1", "2"):
                cursors = dict(feed.cursors)
                assert (await anext(feed)).content.text == expected
    async with client.subscribe("a", after=cursors) as again:
        with trio.fail_after(PATIENCE):
            texts = {(await anext(again)).content.text}
            while "2" not in texts:
                texts.add((await anext(again)).content.text)


async def restarted(server: Served, wire: Wire) -> None:
    """Point the wire to another daemon, as if the first had been killed and started anew."""
    wire.address = server.address("rest")
    wire.cut()


async def test_prompt_lost(
    server: Served, wire: Wire, agent: AiloopClient, nursery: trio.Nursery
) -> None:
    """A daemon that was killed has lost the prompt: who waits is told, and not asked anew."""
    call = Call(nursery, lambda: agent.ask("a", "Which?"))
    await asked(server)
    ticket = await agent.post_question("b", "And?")
    async with serving() as other:
        await restarted(other, wire)
        with pytest.raises(PromptLost):
            await call.result()
        with trio.fail_after(PATIENCE), pytest.raises(PromptLost):
            await agent.wait(ticket)
        assert not other.broker.tables.open_prompts
        await agent.say("a", "goes on")


async def test_feed_of_another_life(server: Served, wire: Wire, face: OpenClient) -> None:
    """A feed says so when a restart has lost what it might have missed, and goes on."""
    async with (
        face(wire.url, patience=SOON) as client,
        serving() as other,
        client.subscribe("a") as feed,
    ):
        await server.post(note("a", "1"))
        assert (await anext(feed)).content.text == "1"
        await restarted(other, wire)
        with trio.fail_after(PATIENCE):
            with pytest.raises(MissedMessages):
                await anext(feed)
            await other.post(note("a", "2"))
            assert (await anext(feed)).content.text == "2"


async def test_stopped_and_started(nursery: trio.Nursery, face: OpenClient) -> None:
    """A clean stop settles what is open and closes with 1001; the client finds the next."""
    events: list[Any] = []
    async with serving() as server:
        port = server.address("rest")[1]
        opening = face(server.daemon.rest_url, patience=SOON, on_event=events.append)
        client, leave = await nursery.start(_opened, opening)
        call = Call(nursery, lambda: client.authorize("a", "Deploy"))
        await asked(server)
        await client.say("a", "x")  # once this is taken, the client knows that it waits
    assert (await call.result()).reason == "shutdown"
    await until(lambda: client.state is not ConnectionState.CONNECTED)
    async with serving(rest_port=port):
        with trio.fail_after(PATIENCE):
            await client.say("a", "again")
        assert [type(one) for one in events][:3] == [Connected, Lost, Reconnecting]
        assert isinstance(events[-1], Connected)
        lost = events[1].why
        assert isinstance(lost, ConnectionLost)
        assert lost.close_code == 1001
        leave.set()


async def _opened(opening: Any, *, task_status: trio.TaskStatus[Any]) -> None:
    """Hold a client open until told."""
    async with opening as client:
        leave = trio.Event()
        task_status.started((client, leave))
        await leave.wait()
    if isinstance(client, AiloopClient):
        assert client.state is ConnectionState.CLOSED


async def test_half_open(
    server: Served, wire: Wire, nursery: trio.Nursery, face: OpenClient
) -> None:
    """A connection that is dead but looks open is noticed, and replaced."""
    patience = Patience(first_seconds=0.01, heartbeat_seconds=0.2)
    events: list[Any] = []
    async with face(wire.url, patience=patience, on_event=events.append) as client:
        call = Call(nursery, lambda: client.ask("a", "Which?"))
        prompt = await asked(server)
        wire.stall()
        await until(lambda: len(events) >= 2)
        assert isinstance(events[1], Lost)
        assert "silent" in str(events[1].why)
        wire.cut()
        recorded = await settle(server, prompt, answer="x")
        assert (await call.result()).id == recorded


async def test_idle_is_cut(
    server: Served, wire: Wire, agent: Any, nursery: trio.Nursery
) -> None:
    """A proxy that cuts what is idle, again and again, does not keep the answer away."""
    wire.idle_seconds = 0.1
    wire.cut()  # what is open knows nothing of it yet
    before = wire.connections
    call = Call(nursery, lambda: agent.ask("a", "Which?"))
    prompt = await asked(server)
    await until(lambda: wire.connections >= before + 4)
    recorded = await settle(server, prompt, answer="x")
    assert (await call.result()).id == recorded


async def test_heartbeat_keeps_it(wire: Wire, face: OpenClient, nursery: trio.Nursery) -> None:
    """With a heartbeat that is faster than such a proxy, nothing is cut."""
    wire.idle_seconds = 1.0
    events: list[Any] = []
    patience = Patience(heartbeat_seconds=0.1)
    async with face(wire.url, patience=patience, on_event=events.append) as client:
        with trio.move_on_after(2.2):
            await client.ask("a", "Which?", leave_open=True)
        assert events == [Connected()]


@alone("it looks into the session for the time it heard something")
async def test_quiet_but_alive(wire: Wire) -> None:
    """A server that has nothing to say is asked, answers, and keeps its connection."""
    events: list[Any] = []
    patience = Patience(heartbeat_seconds=0.05)
    async with AiloopClient(wire.url, patience=patience, on_event=events.append) as client:
        session = client._link.session  # type: ignore[attr-defined]
        first = session._pulse._heard
        await until(lambda: session._pulse._heard > first + 0.2)
        assert events == [Connected()]


async def test_gives_up(
    wire: Wire, transport: Any, nursery: trio.Nursery, face: OpenClient
) -> None:
    """After the time set for it the client is done, and every call says so."""
    patience = Patience(first_seconds=0.01, longest_seconds=0.05, give_up_seconds=0.2)
    async with face(wire.url, transport=transport, patience=patience) as client:
        ticket = await client.post_question("a", "Which?")
        call = Call(nursery, client.wait, ticket)
        wire.refusing = True
        wire.cut()
        with pytest.raises(Unreachable):
            await call.result()
        with pytest.raises(Unreachable):
            await client.say("a", "x")


async def test_hopeless(wire: Wire, monkeypatch: pytest.MonkeyPatch, face: OpenClient) -> None:
    """A server that will never want this client is not asked again."""
    async with face(wire.url, patience=SOON) as client:

        def refuse(*_: Any) -> None:
            raise Refusal("bad_host")

        monkeypatch.setattr(OriginPolicy, "check_host", refuse)
        wire.cut()
        with trio.fail_after(PATIENCE), pytest.raises(Refused) as caught:
            await client.say("a", "x")
        assert caught.value.code == "bad_host"
        await until(lambda: client.state is ConnectionState.CLOSED)


@but(chromium="a browser tells a page nothing of why a WebSocket was refused")
async def test_draining(server: Served, wire: Wire, face: OpenClient) -> None:
    """A server that is stopping says when to come back, and the client waits so long."""
    events: list[Any] = []
    async with face(wire.url, patience=SOON, on_event=events.append):
        await server.daemon.gateway.presence.dismiss()
        await until(lambda: any(getattr(one, "seconds", 0) > 1 for one in events))
        refused, waiting = events[-2:]
        assert isinstance(refused.why, Unavailable)
        assert refused.why.code == "shutting_down"
        assert 5 <= waiting.seconds <= 5.05


async def test_refused_by_a_stopping_server(
    server: Served, wire: Wire, agent: Any, nursery: trio.Nursery, transport: Any
) -> None:
    """What a stopping server refuses is not lost: its successor gets it, once."""
    await server.broker.drain()
    asking = Call(nursery, lambda: agent.ask("a", "Which?"))
    saying = Call(nursery, agent.say, "b", "x")
    refused = server.daemon.gateway.counts.frames_received
    async with serving() as other:
        if transport == "websocket":
            await until(lambda: server.daemon.gateway.counts.frames_received > refused)
        await restarted(other, wire)
        with trio.fail_after(PATIENCE):
            await settle(other, await asked(other), answer="x")
            assert (await asking.result()).content.answer == "x"
            await saying.result()
        assert len(other.broker.tables.messages) == 3
