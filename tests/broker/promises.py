"""The promises of ``design.md``, each as a check that fails when the promise is broken.

:mod:`tests.broker.test_promises` runs them on the broker as it is, and
:mod:`tests.broker.test_promises_can_fail` on brokers that each break one. So a check must
neither hang nor crash on a broken broker: it asserts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from ailoop.broker import State
from ailoop.model.message import Message, SenderType
from tests.broker.kit import (
    APPROVE,
    DENY,
    Call,
    HookedJournal,
    Reader,
    answer,
    ask,
    authorization,
    note,
    post,
    question,
    running,
    said,
    verdict,
)

PROMISES: dict[str, Callable[[], Awaitable[None]]] = {}


def promise(check: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Put a check into the list."""
    PROMISES[check.__name__] = check
    return check


@promise
async def once() -> None:
    """1. One answer settles; it may be repeated; another gets the recorded outcome."""
    prompt = authorization()
    async with running() as broker, trio.open_nursery() as nursery:
        reader = Reader(broker, "a")
        await post(broker, prompt)
        rush = [
            Call(nursery, verdict, broker.respond(prompt.id, response, responder=who))
            for response, who in [(APPROVE, "ann"), (DENY, "bob"), (DENY, "cyd")]
        ]
        await wait_all_tasks_blocked()
        assert sorted(call.result() for call in rush) == ["already_settled"] * 2 + ["created"]
        recorded = broker.prompt(prompt.id).response
        said_before = [(APPROVE, "ann"), (DENY, "bob"), (DENY, "cyd")]
        winner = [call.result() for call in rush].index("created")
        for index, (response, who) in enumerate(said_before):
            result = await verdict(broker.respond(prompt.id, response, responder=who))
            assert result == ("known" if index == winner else "already_settled")
        assert broker.prompt(prompt.id).response is recorded
        assert len(reader.read_all()) == 2


@promise
async def deny_by_default() -> None:
    """2. Nothing but an approval approves: not time, text, the stop, nor a failure."""
    journal = HookedJournal()
    timed, texted, failed, left = (authorization(timeout_seconds=n) for n in (1, 60, 60, 60))
    async with running(journal) as broker, trio.open_nursery() as nursery:
        asked = [Call(nursery, ask, broker, prompt) for prompt in (timed, texted, failed, left)]
        await trio.sleep(2)
        for words in ("yes", "approve", "authorization_approved", ""):
            assert await verdict(broker.respond(texted.id, answer(words))) == "wrong_response"
        journal.broken = True
        result = await verdict(broker.respond(failed.id, APPROVE))
        assert result == "journal_unavailable"
        journal.broken = False
        await broker.drain()
        await wait_all_tasks_blocked()
        ends = [said(call.result()) for call in asked]
        assert ends == [("authorization_denied", "timeout"), *[("cancelled", "shutdown")] * 3]
        states = {broker.prompt(p.id).state for p in (timed, texted, failed, left)}
        assert states == {State.TIMEOUT, State.CANCELLED}


@promise
async def not_after_the_deadline() -> None:
    """3. After the deadline no answer counts, even if the prompt could not be closed yet."""
    journal = HookedJournal()
    prompt = authorization(timeout_seconds=60)
    async with running(journal) as broker:
        await post(broker, prompt)
        journal.broken = True
        await trio.sleep(60)
        await wait_all_tasks_blocked()
        journal.broken = False
        assert await verdict(broker.respond(prompt.id, APPROVE)) == "expired"
        assert await verdict(broker.withdraw(prompt.id)) == "expired"
        await trio.sleep(2)
        assert broker.prompt(prompt.id).state is State.TIMEOUT
        assert await verdict(broker.respond(prompt.id, APPROVE)) == "expired"


@promise
async def no_silent_gap() -> None:
    """5. A reader has every entry, or a gap that ends where its entries go on."""
    async with running(feed_messages=2, history_messages=5) as broker:
        steady, slow, stalled = (Reader(broker, "a") for _ in range(3))
        for reader in (steady, slow, stalled):
            reader.read()
        for number in range(20):
            await post(broker, note(str(number)))
            steady.read(3)
            if number % 4 == 3:
                while slow.feed.waiting:
                    slow.read(1)
        stalled.read_all()
        everything = [str(number) for number in range(20)]
        assert steady.texts == slow.texts == everything
        assert not steady.gaps
        assert not slow.gaps
        assert stalled.texts == everything[15:]
        assert [gap.first for gap in stalled.gaps] == [stalled.entries[0].seq]


@promise
async def nobody_blocks_anybody() -> None:
    """6. A dead reader holds bounded memory; a hanging channel delays no other."""
    journal = HookedJournal(only="stuck")
    async with running(journal, feed_messages=4) as broker, trio.open_nursery() as nursery:
        dead, quick = Reader(broker, "a"), Reader(broker, "a")
        dead.read()
        journal.hold()
        stuck = Call(nursery, post, broker, note("held", "stuck"))
        await wait_all_tasks_blocked()
        for number in range(20):
            told = Call(nursery, post, broker, note(str(number)))
            await wait_all_tasks_blocked()
            assert len(told.result()) == 1
            quick.read_all()
            assert len(dead.feed._backlog or ()) <= 4
        assert len(quick.texts) == 20
        timed = Call(nursery, ask, broker, question(timeout_seconds=5))
        await trio.sleep(6)
        assert said(timed.result()) == ("timeout", "timeout")
        assert stuck.pending
        journal.release()
        await wait_all_tasks_blocked()
        assert len(stuck.result()) == 1


@promise
async def isolation() -> None:
    """7. What happens on one channel is seen on no other."""
    prompt = authorization("a")
    async with running() as broker:
        readers = {name: Reader(broker, name, after=0) for name in ("a", "b")}
        await post(broker, prompt, note("for b", "b"))
        await broker.respond(prompt.id, APPROVE)
        assert readers["a"].read_all() == ["Launch", "authorization_approved"]
        assert readers["b"].read_all() == ["for b"]
        assert [p.entry.channel for p in broker.pending("b")] == []


@promise
async def no_forgery() -> None:
    """8. A response to nothing, from elsewhere, or in the server's name reaches nobody."""
    journal = HookedJournal()
    prompt, other = authorization("a", timeout_seconds=60), note()
    forged = Message(channel="a", content=APPROVE, correlation_id=prompt.id)
    async with running(journal) as broker:
        readers = [Reader(broker, "a"), Reader(broker, "b")]
        await post(broker, prompt, other)
        for changes in [
            {"channel": "b"},
            {"correlation_id": note().id},
            {"correlation_id": other.id},
            {"correlation_id": None},
        ]:
            result = await verdict(broker.publish([evolve(forged, **changes)]))
            assert result in ("original_not_found", "not_a_prompt", "invalid_message")
        journal.broken = True
        await trio.sleep(60)
        await wait_all_tasks_blocked()
        journal.broken = False
        as_server = evolve(forged, sender_type=SenderType.SYSTEM)
        assert await verdict(broker.publish([as_server])) == "expired"
        assert [len(reader.read_all()) for reader in readers] == [2, 0]
        await trio.sleep(2)
        assert broker.prompt(prompt.id).state is State.TIMEOUT


@promise
async def asking_survives() -> None:
    """9. Whoever asked may go and come back: the prompt waits, and so does the answer."""
    prompt = authorization(timeout_seconds=60)
    async with running(history_messages=3) as broker, trio.open_nursery() as nursery:
        asker = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        asker.scope.cancel()
        await post(broker, *[note(str(number)) for number in range(9)])
        assert await verdict(broker.publish([prompt])) == "known"
        changed = evolve(prompt, content=question().content)
        assert await verdict(broker.publish([changed])) == "id_conflict"
        again = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        assert await verdict(broker.respond(prompt.id, APPROVE)) == "created"
        await wait_all_tasks_blocked()
        late = Call(nursery, ask, broker, prompt)
        await wait_all_tasks_blocked()
        assert said(again.result()) == said(late.result()) == ("authorization_approved", None)
