"""What a type checker knows of ``ailoop.sync.AiloopClient``; mypy reads it, nobody runs it.

A line with ``type: ignore`` must be refused: mypy complains of an ignore without a fault.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type
from uuid import UUID

from attrs import frozen

import ailoop
import ailoop.aio
from ailoop.model.message import Message, Notification, ResponseMessage, ResponseType
from ailoop.sync import (
    AiloopClient,
    Approval,
    BlockingFeed,
    Connected,
    ConnectionEvent,
    ConnectionState,
    FormAnswer,
    Lost,
    Patience,
    Reconnecting,
    Ticket,
    fail_after,
)


def told(event: ConnectionEvent) -> None:
    assert_type(event, Connected | Lost | Reconnecting)
    if isinstance(event, Reconnecting):
        assert_type(event.seconds, float)


def opening() -> None:
    patience = Patience(give_up_seconds=None, buffered_messages=5)
    with AiloopClient(
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


def asking(client: AiloopClient) -> None:
    response = client.ask("general", "Which?", choices=["a", "b"], timeout=5, key="k")
    assert_type(response, ResponseMessage)
    assert_type(response.content.answer, str | None)
    assert_type(response.content.response_type, ResponseType)
    assert_type(response.metadata, dict[str, Any] | None)
    assert_type(client.ask("general", "Why?", leave_open=True), ResponseMessage)
    assert_type(client.navigate("general", "https://example.org"), ResponseMessage)
    approval = client.authorize("general", "deploy", context={"version": 2})
    assert_type(approval, Approval)
    assert_type(approval.approved, bool)
    assert_type(approval.reason, str | None)
    assert_type(approval.redeem("deploy", {"version": 2}).approver, str | None)
    assert_type(client.approval_of(approval.response, "general", "deploy"), Approval)
    assert_type(approval.latency_seconds, float | None)


def refused_questions(client: AiloopClient) -> None:
    client.ask("general")  # type: ignore[call-overload]
    client.ask("general", "Which?", ["a", "b"])  # type: ignore[call-overload]
    client.ask("general", "Which?", choices=5)  # type: ignore[call-overload]
    client.ask("general", "Which?", timeout="5")  # type: ignore[call-overload]
    client.ask("general", "Which?", key=7)  # type: ignore[call-overload]
    client.ask("general", "Which?", option="a")  # type: ignore[call-overload]
    client.ask(b"general", "Which?")  # type: ignore[call-overload]
    client.authorize("general")  # type: ignore[call-arg]
    client.authorize("general", "deploy", 300)  # type: ignore[call-arg]
    client.navigate("general", url=None)  # type: ignore[arg-type]
    client.ask("general", "Which?").content.answer.upper()  # type: ignore[union-attr]


@frozen
class Release:
    version: str
    replicas: int = 3


def filling_in(client: AiloopClient, ticket: Ticket, schema: dict[str, Any]) -> None:
    answer = client.ask("general", "What?", schema=Release, timeout=5, key="k")
    assert_type(answer, FormAnswer[Release])
    assert_type(answer.value, Release | None)
    assert_type((client.ask("general", "What?", schema=schema)).value, dict[str, Any] | None)
    assert_type(client.wait(ticket, schema=Release), FormAnswer[Release])
    assert_type(client.wait(ticket, schema=schema), FormAnswer[dict[str, Any]])
    assert_type(client.post_question("general", "What?", schema=Release), Ticket)
    assert_type(client.respond(ticket, {"version": "1"}), ResponseMessage)
    approval = client.authorize("general", "deploy", context=schema, editable=True)
    assert_type(approval.edited, bool)
    assert_type(client.post_authorization("general", "deploy", editable=True), Ticket)
    print(answer.value.version)  # type: ignore[union-attr]
    client.ask("general", "What?", schema="{}")  # type: ignore[call-overload]
    client.ask("general", "What?", schema=Release, choices=["a"])  # type: ignore[call-overload]
    client.wait(ticket, schema=5)  # type: ignore[call-overload]
    client.post_question("general", "What?", schema=5)  # type: ignore[arg-type]
    client.authorize("general", "deploy", editable="yes")  # type: ignore[arg-type]
    print((client.ask("general", "What?")).value)  # type: ignore[attr-defined]


def saying(client: AiloopClient) -> None:
    assert_type(client.say("general", "Hello", priority="high", wait=False), Message)
    assert_type(client.post("general", Notification(text="Hello")), Message)
    client.say("general")  # type: ignore[call-arg]
    client.say("general", "Hello", "high")  # type: ignore[call-arg]
    client.say("general", "Hello", priority=1)  # type: ignore[arg-type]
    client.post("general", "Hello")  # type: ignore[arg-type]


def stepping(client: AiloopClient, prompt_id: UUID) -> None:
    ticket = client.post_question("general", "Which?", choices=("a", "b"), key="k")
    assert_type(ticket, Ticket)
    assert_type(ticket.id, UUID)
    assert_type(Ticket.load(str(ticket)), Ticket)
    assert_type(client.post_authorization("general", "deploy"), Ticket)
    assert_type(client.post_navigate("general", "https://example.org"), Ticket)
    assert_type(client.wait(ticket), ResponseMessage)
    assert_type(client.wait(prompt_id), ResponseMessage)
    assert_type(client.wait(str(prompt_id)), ResponseMessage)
    assert_type(client.withdraw(ticket), ResponseMessage)
    client.post_question("general", "Which?", leave_open=True)  # type: ignore[call-arg]
    client.wait(7)  # type: ignore[call-overload]
    client.withdraw(client.wait(ticket))  # type: ignore[arg-type]
    assert_type(client.wait(client.post_question("general", "Which?")), ResponseMessage)


def serving_a_person(client: AiloopClient, ticket: Ticket) -> None:
    assert_type(client.respond(ticket, "main", responder="ada"), ResponseMessage)
    assert_type(client.respond(ticket.id, response_type="cancelled"), ResponseMessage)
    assert_type(client.pending(), list[dict[str, Any]])
    assert_type(client.history("general", limit=10), list[Message])
    assert_type(client.channels(), list[dict[str, Any]])
    assert_type(client.health(), dict[str, Any])
    client.respond(ticket, 1)  # type: ignore[arg-type]
    client.respond(ticket, "main", "text")  # type: ignore[call-arg]
    client.respond()  # type: ignore[call-arg]
    client.history()  # type: ignore[call-arg]
    client.history("general", 10)  # type: ignore[call-arg]


def following(client: AiloopClient) -> None:
    with client.subscribe(["a", "b"], after={"a": 3}, replay=10) as feed:
        assert_type(feed, BlockingFeed)
        assert_type(feed.cursors, dict[str, int])
        for message in feed:
            assert_type(message, Message)
    client.subscribe("a", {"a": 3})  # type: ignore[call-arg]
    client.subscribe(after=3)  # type: ignore[arg-type]


def guarding(client: AiloopClient) -> None:
    @client.requires_authorization("deploy {version}", channel="deploys", timeout=60)
    def deploy(version: str, *, region: int = 1) -> float:
        return 1.0

    assert_type(deploy("2", region=3), float)
    deploy(2)  # type: ignore[arg-type]
    deploy()  # type: ignore[call-arg]
    deploy("2", zone=3)  # type: ignore[call-arg]
    as_text: str = deploy("2")  # type: ignore[assignment]
    print(as_text)

    with client.requires_authorization("drop the table") as approval:
        assert_type(approval, Approval)
    client.requires_authorization()  # type: ignore[call-arg]
    client.requires_authorization("deploy", "deploys")  # type: ignore[call-arg]


def bounded(client: AiloopClient) -> None:
    with fail_after(1.5):
        assert_type(client.ask("general", "Which?"), ResponseMessage)
    with fail_after("5"):  # type: ignore[arg-type]
        pass
    with fail_after():  # type: ignore[call-arg]
        pass


async def refused_in_a_coroutine(client: AiloopClient, ticket: Ticket) -> None:
    await client.ask("general", "Which?")  # type: ignore[misc]
    await client.say("general", "Hello")  # type: ignore[misc]
    await client.wait(ticket)  # type: ignore[misc]
    async with client:  # type: ignore[attr-defined]
        pass
    async with client.subscribe("a"):  # type: ignore[attr-defined]
        pass
    async with client.requires_authorization("drop"):  # type: ignore[attr-defined]
        pass
    with client.subscribe("a") as feed:
        async for _ in feed:  # type: ignore[attr-defined]
            pass


def mixing(client: AiloopClient) -> None:
    first: ailoop.AiloopClient = client  # type: ignore[assignment]
    second: ailoop.aio.AiloopClient = client  # type: ignore[assignment]
    print(first, second)
