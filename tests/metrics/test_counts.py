"""Counters move by exactly what has happened, and by nothing else."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from ailoop.broker import Broker
from tests.broker.kit import Reader
from tests.metrics.kit import moving, scrape
from tests.rest.kit import MESSAGES
from tests.serving import (
    APPROVE,
    DENY,
    Served,
    authorization,
    message,
    navigate,
    note,
    question,
    serving,
)

CANCEL = {"response_type": "cancelled"}


def messages(kind: str, sender: str = "AGENT") -> str:
    """Name the counter of a kind of message."""
    return f'ailoop_messages_total{{sender="{sender}",type="{kind}"}}'


def settlements(kind: str, outcome: str) -> str:
    """Name the counter of a kind of settlement."""
    return f'ailoop_settlements_total{{outcome="{outcome}",type="{kind}"}}'


def answers(kind: str) -> str:
    """Name the count of a histogram."""
    return f'ailoop_answer_seconds_count{{type="{kind}"}}'


def refusals(code: str) -> str:
    """Name the counter of an error code."""
    return f'ailoop_refusals_total{{code="{code}"}}'


async def test_messages(server: Served) -> None:
    """What is taken counts once, by type and sender; the same again, or refused, does not."""
    moved: dict[str, float] = {}
    async with moving(server, moved):
        await server.post(note(), note("b"), note())
        asked = await server.post(question())
        again = await server.http.post(MESSAGES, json=asked)
        assert again.status_code == 200
        await server.post({**note(), "sender_type": "HUMAN"})
        await server.post({**navigate(), "sender_type": "SYSTEM"})
    assert moved == {
        messages("notification"): 3,
        messages("question"): 1,
        messages("notification", "HUMAN"): 1,
        messages("navigate", "SYSTEM"): 1,
    }


@pytest.mark.parametrize(
    ("prompt", "decision", "outcome"),
    [
        (question(), {"answer": "yes"}, "answered"),
        (question(), CANCEL, "cancelled"),
        (authorization(), APPROVE, "approved"),
        (authorization(), DENY, "denied"),
        (authorization(), CANCEL, "cancelled"),
        (navigate(), {"answer": "been there"}, "answered"),
        (navigate(), APPROVE, "approved"),
        (navigate(), DENY, "denied"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_settled_by_a_person(
    server: Served, prompt: dict[str, Any], decision: dict[str, Any], outcome: str
) -> None:
    """A settlement counts once, by type and outcome, and so does the time to the answer."""
    kind = prompt["content"]["type"]
    asked = await server.post(prompt)
    moved: dict[str, float] = {}
    async with moving(server, moved):
        assert (await server.respond(asked, **decision)).status_code == 200
        # Said again, it is nothing new; something else is refused.
        await server.respond(asked, **decision)
        await server.respond(asked, **decision, responder="another")
    assert moved == {
        settlements(kind, outcome): 1,
        messages("response", "HUMAN"): 1,
        answers(kind): 1,
        refusals("already_settled"): 1,
    }


async def test_settled_by_nobody(server: Served) -> None:
    """A withdrawn prompt and one whose time is over are no answers of a person."""
    moved: dict[str, float] = {}
    withdrawn = await server.post(question())
    timed_out = [question("b"), authorization("c"), navigate("d")]
    for prompt in timed_out:
        prompt["content"]["timeout_seconds"] = 1
    async with moving(server, moved):
        await server.http.delete(f"{MESSAGES}/{withdrawn['id']}")
        for asked in await server.post(*timed_out):
            await server.http.get(f"{MESSAGES}/{asked['id']}/response", params={"wait": 9})
    assert moved == {
        messages("question"): 1,
        messages("authorization"): 1,
        messages("navigate"): 1,
        messages("response", "AGENT"): 1,
        messages("response", "SYSTEM"): 3,
        settlements("question", "cancelled"): 1,
        settlements("question", "timeout"): 1,
        settlements("authorization", "timeout"): 1,
        settlements("navigate", "timeout"): 1,
    }


async def test_deliveries(server: Served) -> None:
    """A message counts for each reader that was given it, live or from the history."""
    await server.post(note(), note())
    moved: dict[str, float] = {}
    async with moving(server, moved):
        readers = [Reader(server.broker, "a"), Reader(server.broker, "a", after=0)]
        assert len(readers[1].read_all()) == 2
        await server.post(note())
        for reader in readers:
            reader.read_all()
    assert moved == {
        "ailoop_feeds_opened_total": 2,
        "ailoop_deliveries_total": 4,
        messages("notification"): 1,
    }


@pytest.mark.parametrize(
    ("bounds", "bound"), [({"feed_messages": 2}, "messages"), ({"feed_bytes": 300}, "bytes")]
)
async def test_slow_reader(bounds: dict[str, int], bound: str) -> None:
    """An overflow counts when it happens, by its bound; a gap counts when it is told."""
    async with serving(history_messages=3, **bounds) as server:
        reader = Reader(server.broker, "a")
        reader.read()
        moved: dict[str, float] = {}
        async with moving(server, moved):
            for _ in range(10):
                await server.post(note())
        assert moved == {
            f'ailoop_feed_overflows_total{{bound="{bound}"}}': 1,
            "ailoop_history_trimmed_total": 7,
            messages("notification"): 10,
        }
        moved.clear()
        async with moving(server, moved):
            reader.read_all()
        assert len(reader.gaps) == 1
        assert moved == {"ailoop_feed_gaps_total": 1, "ailoop_deliveries_total": 3}


async def test_refusals(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refused request counts once, under the code that its sender was told."""
    http = server.http

    def crash(*_: Any) -> NoReturn:
        raise RuntimeError

    moved: dict[str, float] = {}
    async with moving(server, moved):
        told = [
            await http.post(MESSAGES, content=b"{"),
            await http.post(MESSAGES, json=note("no name")),
            await http.post(MESSAGES, json=message({"type": "dance"})),
            await http.post(MESSAGES, json=[note(colour="red"), note(colour="blue")]),
            await http.get("/nothing"),
            await http.get("/nothing"),
            await http.put(MESSAGES),
            await http.get("/api/v1/pending", headers={"Host": "evil.example"}),
            await http.post(MESSAGES, json=note(), headers={"Origin": "http://evil.example"}),
        ]
        monkeypatch.setattr(Broker, "pending", crash)
        told.append(await http.get("/api/v1/pending"))
    codes = [answer.json()["code"] for answer in told]
    assert moved == {refusals(code): codes.count(code) for code in codes}
    assert len(moved) == 9


async def test_batches() -> None:
    """Everything in one request is one batch; one that fills the room says so."""
    async with serving() as server:
        await server.post(note(), note())
        counts = server.broker.tables.counts
        assert (counts.batches, counts.full_batches) == (1, 0)
        await server.post(note())
        assert (await scrape(server)).of("ailoop_batches_total") == 2


async def test_two_daemons() -> None:
    """Daemons in one process count each for itself."""
    async with serving() as first, serving() as second:
        await first.post(note())
        assert (await scrape(first)).values[messages("notification")] == 1
        assert (await scrape(second)).values[messages("notification")] == 0
