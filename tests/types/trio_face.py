"""What a type checker knows of ``ailoop.AiloopClient``; mypy reads it, nobody runs it.

A line with ``type: ignore`` must be refused: mypy complains of an ignore without a fault.
"""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, assert_type
from uuid import UUID

import trio
from attrs import frozen

import ailoop.aio
import ailoop.sync
from ailoop import (
    AiloopClient,
    Approval,
    Connected,
    ConnectionEvent,
    ConnectionState,
    FormAnswer,
    Lost,
    MessageFeed,
    Patience,
    Reconnecting,
    Ticket,
)
from ailoop.model.message import Message, Notification, ResponseMessage, ResponseType


def told(event: ConnectionEvent) -> None:
    assert_type(event, Connected | Lost | Reconnecting)
    if isinstance(event, Reconnecting):
        assert_type(event.seconds, float)


async def opening() -> None:
    patience = Patience(give_up_seconds=None, buffered_messages=5)
    async with AiloopClient(
        "http://127.0.0.1:8081",
        transport="rest",
        role="agent",
        patience=patience,
        on_event=told,
        seal_for=["ann.public.jwk", Path("bob.public.jwk")],
        keys="agent.private.jwk",
    ) as client:
        assert_type(client, AiloopClient)
        assert_type(client.state, ConnectionState)
        assert_type(client.dropped, int)
        assert_type(client.base_url, str)


def refused_openings(client: AiloopClient) -> None:
    AiloopClient(transport="carrier pigeon")  # type: ignore[arg-type]
    AiloopClient(role="robot")  # type: ignore[arg-type]
    AiloopClient(8081)  # type: ignore[arg-type]
    AiloopClient("http://127.0.0.1:8081", "rest")  # type: ignore[call-arg]
    AiloopClient(patience=5)  # type: ignore[arg-type]
    AiloopClient(receipt_key={"keys": []})
    AiloopClient(receipt_key=5)  # type: ignore[arg-type]
    AiloopClient(seal_for=5)  # type: ignore[arg-type]
    AiloopClient(keys=5)  # type: ignore[arg-type]
    AiloopClient(on_event=lambda: None)  # type: ignore[arg-type, misc]
    Patience(5)  # type: ignore[call-arg]
    client.state = ConnectionState.CLOSED  # type: ignore[misc]
    client.dropped = 0  # type: ignore[misc]
    with client:  # type: ignore[attr-defined]
        pass


async def asking(client: AiloopClient) -> None:
    response = await client.ask("general", "Which?", choices=["a", "b"], timeout=5, key="k")
    assert_type(response, ResponseMessage)
    assert_type(response.content.answer, str | None)
    assert_type(response.content.response_type, ResponseType)
    assert_type(response.metadata, dict[str, Any] | None)
    assert_type(await client.ask("general", "Why?", leave_open=True), ResponseMessage)
    assert_type(await client.navigate("general", "https://example.org"), ResponseMessage)
    approval = await client.authorize("general", "deploy", context={"version": 2})
    assert_type(approval, Approval)
    assert_type(approval.approved, bool)
    assert_type(approval.reason, str | None)
    assert_type(approval.redeem("deploy", {"version": 2}).approver, str | None)
    assert_type(client.approval_of(approval.response, "general", "deploy"), Approval)
    assert_type(approval.latency_seconds, float | None)


async def refused_questions(client: AiloopClient) -> None:
    await client.ask("general")  # type: ignore[call-overload]
    await client.ask("general", "Which?", ["a", "b"])  # type: ignore[call-overload]
    await client.ask("general", "Which?", choices=5)  # type: ignore[call-overload]
    await client.ask("general", "Which?", timeout="5")  # type: ignore[call-overload]
    await client.ask("general", "Which?", key=7)  # type: ignore[call-overload]
    await client.ask("general", "Which?", option="a")  # type: ignore[call-overload]
    await client.ask(b"general", "Which?")  # type: ignore[call-overload]
    await client.authorize("general")  # type: ignore[call-arg]
    await client.authorize("general", "deploy", 300)  # type: ignore[call-arg]
    await client.navigate("general", url=None)  # type: ignore[arg-type]
    client.ask("general", "Which?")  # type: ignore[unused-coroutine]
    print(client.ask("general", "Which?").content)  # type: ignore[attr-defined]
    (await client.ask("general", "Which?")).content.answer.upper()  # type: ignore[union-attr]


@frozen
class Release:
    version: str
    replicas: int = 3


async def filling_in(client: AiloopClient, ticket: Ticket, schema: dict[str, Any]) -> None:
    answer = await client.ask("general", "What?", schema=Release, timeout=5, key="k")
    assert_type(answer, FormAnswer[Release])
    assert_type(answer.value, Release | None)
    assert_type(
        (await client.ask("general", "What?", schema=schema)).value, dict[str, Any] | None
    )
    assert_type(await client.wait(ticket, schema=Release), FormAnswer[Release])
    assert_type(await client.wait(ticket, schema=schema), FormAnswer[dict[str, Any]])
    assert_type(await client.post_question("general", "What?", schema=Release), Ticket)
    assert_type(await client.respond(ticket, {"version": "1"}), ResponseMessage)
    approval = await client.authorize("general", "deploy", context=schema, editable=True)
    assert_type(approval.edited, bool)
    assert_type(await client.post_authorization("general", "deploy", editable=True), Ticket)
    print(answer.value.version)  # type: ignore[union-attr]
    await client.ask("general", "What?", schema="{}")  # type: ignore[call-overload]
    await client.ask("general", "What?", schema=Release, choices=["a"])  # type: ignore[call-overload]
    await client.wait(ticket, schema=5)  # type: ignore[call-overload]
    await client.post_question("general", "What?", schema=5)  # type: ignore[arg-type]
    await client.authorize("general", "deploy", editable="yes")  # type: ignore[arg-type]
    print((await client.ask("general", "What?")).value)  # type: ignore[attr-defined]


async def saying(client: AiloopClient) -> None:
    assert_type(await client.say("general", "Hello", priority="high", wait=False), Message)
    assert_type(await client.post("general", Notification(text="Hello")), Message)
    await client.say("general")  # type: ignore[call-arg]
    await client.say("general", "Hello", "high")  # type: ignore[call-arg]
    await client.say("general", "Hello", priority=1)  # type: ignore[arg-type]
    await client.post("general", "Hello")  # type: ignore[arg-type]
    client.say("general", "Hello", wait=False)  # type: ignore[unused-coroutine]


async def stepping(client: AiloopClient, prompt_id: UUID) -> None:
    ticket = await client.post_question("general", "Which?", choices=("a", "b"), key="k")
    assert_type(ticket, Ticket)
    assert_type(ticket.id, UUID)
    assert_type(Ticket.load(str(ticket)), Ticket)
    assert_type(await client.post_authorization("general", "deploy"), Ticket)
    assert_type(await client.post_navigate("general", "https://example.org"), Ticket)
    assert_type(await client.wait(ticket), ResponseMessage)
    assert_type(await client.wait(prompt_id), ResponseMessage)
    assert_type(await client.wait(str(prompt_id)), ResponseMessage)
    assert_type(await client.withdraw(ticket), ResponseMessage)
    await client.post_question("general", "Which?", leave_open=True)  # type: ignore[call-arg]
    await client.wait(7)  # type: ignore[call-overload]
    await client.withdraw(await client.wait(ticket))  # type: ignore[arg-type]
    await client.wait(client.post_question("general", "Which?"))  # type: ignore[call-overload]


async def serving_a_person(client: AiloopClient, ticket: Ticket) -> None:
    assert_type(await client.respond(ticket, "main", responder="ada"), ResponseMessage)
    assert_type(await client.respond(ticket.id, response_type="cancelled"), ResponseMessage)
    assert_type(await client.pending(), list[dict[str, Any]])
    assert_type(await client.history("general", limit=10), list[Message])
    assert_type(await client.channels(), list[dict[str, Any]])
    assert_type(await client.health(), dict[str, Any])
    await client.respond(ticket, 1)  # type: ignore[arg-type]
    await client.respond(ticket, "main", "text")  # type: ignore[call-arg]
    await client.respond()  # type: ignore[call-arg]
    await client.history()  # type: ignore[call-arg]
    await client.history("general", 10)  # type: ignore[call-arg]


async def following(client: AiloopClient) -> None:
    async with client.subscribe(["a", "b"], after={"a": 3}, replay=10) as feed:
        assert_type(feed, MessageFeed)
        assert_type(feed.cursors, dict[str, int])
        async for message in feed:
            assert_type(message, Message)
        for _ in feed:  # type: ignore[attr-defined]
            pass
    client.subscribe("a", {"a": 3})  # type: ignore[call-arg]
    client.subscribe(after=3)  # type: ignore[arg-type]
    with client.subscribe("a"):  # type: ignore[attr-defined]
        pass


async def guarding(client: AiloopClient) -> None:
    @client.requires_authorization("deploy {version}", channel="deploys", timeout=60)
    async def deploy(version: str, *, region: int = 1) -> float:
        return 1.0

    assert_type(await deploy("2", region=3), float)
    await deploy(2)  # type: ignore[arg-type]
    await deploy()  # type: ignore[call-arg]
    await deploy("2", zone=3)  # type: ignore[call-arg]
    as_text: Awaitable[str] = deploy("2")  # type: ignore[assignment]
    await as_text

    async with client.requires_authorization("drop the table") as approval:
        assert_type(approval, Approval)
    with client.requires_authorization("drop the table"):  # type: ignore[attr-defined]
        pass
    client.requires_authorization()  # type: ignore[call-arg]
    client.requires_authorization("deploy", "deploys")  # type: ignore[call-arg]

    @client.requires_authorization("drop the table")  # type: ignore[arg-type]
    def drop() -> None: ...


async def running(client: AiloopClient) -> None:
    @client.requires_authorization("deploy {version}")
    async def deploy(version: str) -> float:
        return 1.0

    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.ask, "general", "Which?")
        nursery.start_soon(deploy, "2")
        nursery.start_soon(deploy, 2)  # type: ignore[arg-type]
    with trio.fail_after(5):
        assert_type(await client.ask("general", "Which?"), ResponseMessage)


def mixing(client: AiloopClient) -> None:
    first: ailoop.aio.AiloopClient = client  # type: ignore[assignment]
    second: ailoop.sync.AiloopClient = client  # type: ignore[assignment]
    print(first, second)
