"""What lies before a person, whatever comes, goes and is turned to."""

from __future__ import annotations

from math import inf
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ailoop.cli.terminal.bell import Bell
from ailoop.cli.terminal.board import Board
from ailoop.cli.terminal.entry import Entry
from ailoop.model.message import Message, Priority, Question, Response, SenderType


def prompt(channel: str = "a", priority: Any = None) -> Message:
    metadata = None if priority is None else {"priority": priority}
    return Message(channel=channel, content=Question(text="?"), metadata=metadata)


def response(prompt_id: UUID, channel: str = "a") -> Message:
    return Message(
        channel=channel,
        sender_type=SenderType.HUMAN,
        content=Response(answer="x"),
        correlation_id=prompt_id,
    )


def put(board: Board, *, deadline: float = inf, **about: Any) -> Entry:
    entry = board.put(prompt(**about), deadline)
    assert entry is not None
    return entry


def test_order() -> None:
    """The most urgent first, then what ends soonest; whatever is no priority is normal."""
    board = Board()
    entries = [
        put(board, deadline=9, priority="urgent"),
        put(board, deadline=1, priority="high"),
        put(board, deadline=2, priority=["urgent"]),
        put(board, deadline=3),
        put(board, priority="whatever"),
        put(board, deadline=1, priority="low"),
    ]
    shuffled = Board()
    for entry in reversed(entries):
        shuffled.put(entry.prompt, entry.deadline)
    assert [one.id for one in shuffled.listed] == [one.id for one in entries]
    assert entries[2].prompt.priority is Priority.NORMAL


def test_what_settled_before_it_came_is_not_put() -> None:
    """A list of what waits may be older than the response that was heard meanwhile."""
    board, old = Board(), prompt()
    assert board.settle(response(old.id)) is None
    assert board.put(old, inf) is None
    assert board.listed == []


def test_what_came_after_the_list_was_asked_for_stays() -> None:
    """What the server lists decides only about what was here when it was asked."""
    board = Board()
    gone, kept = put(board), put(board)
    known = board.known
    newer = put(board)
    board.select(kept)
    board.retain([kept.id], known)
    assert gone.lost
    assert set(board.listed) == {kept, newer}


def test_what_was_typed_for_stays_until_it_was_looked_at() -> None:
    """A prompt that settles while its draft waits is marked, and let go when it is left."""
    board = Board()
    selected, typed, plain = (put(board, deadline=number) for number in range(3))
    typed.draft = "half"
    for one in (typed, plain):
        board.settle(response(one.id))
    assert board.listed == [selected, typed]
    board.select(typed)
    assert board.listed == [selected, typed]
    board.select(selected)
    assert board.listed == [selected]


class _Machine(RuleBasedStateMachine):
    """Prompts come and go while a person turns from one to another and types."""

    CHANNELS = ("a", "b")

    @initialize(channel=st.sampled_from((None, *CHANNELS)))
    def begin(self, channel: str | None) -> None:
        self.board = Board(channel)
        self.ids: list[UUID] = []
        self.open: set[UUID] = set()
        self.before: Entry | None = None
        self.turned = True
        self.drafts: dict[UUID, str] = {}

    @rule(
        channel=st.sampled_from(CHANNELS),
        priority=st.sampled_from(list(Priority)),
        deadline=st.floats(0, 100),
    )
    def come(self, channel: str, priority: Priority, deadline: float) -> None:
        entry = put(self.board, channel=channel, priority=priority.value, deadline=deadline)
        self.ids.append(entry.id)
        self.open.add(entry.id)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), missed=st.booleans())
    def go(self, data: st.DataObject, missed: bool) -> None:
        gone = data.draw(st.sampled_from(sorted(self.open)))
        self.open.discard(gone)
        if missed:
            self.board.retain(self.open, self.board.known)
        else:
            self.board.settle(response(gone))

    @rule(step=st.sampled_from((-1, 1)), waiting=st.booleans())
    def turn(self, step: int, waiting: bool) -> None:
        self.turned = True
        (self.board.advance if waiting else self.board.move)(step)

    @rule(channel=st.sampled_from((None, *CHANNELS)))
    def switch(self, channel: str | None) -> None:
        self.turned = True
        self.board.switch(channel)

    @rule(text=st.sampled_from(("", "x", "y")))
    def type(self, text: str) -> None:
        if self.board.selected is not None:
            self.board.selected.draft = text
            self.drafts[self.board.selected.id] = text

    @invariant()
    def the_selection_moves_only_with_the_person(self) -> None:
        selected = self.board.selected
        if not self.turned and self.before is not None:
            assert selected is self.before
        self.before, self.turned = selected, False
        assert selected is None or selected in self.board.listed
        assert selected is not None or not self.board.listed

    @invariant()
    def what_waits_is_there_with_its_draft(self) -> None:
        assert self.board.known == self.open
        for one in self.open:
            entry = self.board.find(one)
            assert entry is not None
            assert entry.draft == self.drafts.get(one, "")

    @invariant()
    def nothing_else_stays_but_what_was_typed_for(self) -> None:
        for entry in self.board.listed:
            assert entry.is_open or entry.draft or entry is self.board.selected


TestBoard = _Machine.TestCase
TestBoard.settings = settings(max_examples=50, stateful_step_count=25)


def test_bell() -> None:
    """Low never rings, others once, urgent every five seconds for a minute until seen."""
    board, bell = Board(), Bell()
    bell.call(Priority.LOW)
    assert not bell.take(board.listed, 0)
    bell.call(Priority.NORMAL)
    bell.call(Priority.HIGH)
    assert bell.take(board.listed, 0)
    assert not bell.take(board.listed, 100)
    urgent = put(board, priority="urgent")
    bell.call(Priority.URGENT)
    rung = [second for second in range(100, 300) if bell.take(board.listed, second)]
    assert rung == list(range(100, 160, 5))
    bell.call(Priority.URGENT)
    assert bell.take(board.listed, 300)
    urgent.seen = True
    assert not bell.take(board.listed, 310)


def test_bells_are_apart() -> None:
    """A thousand prompts at once ring once a second."""
    bell = Bell()
    rung = 0
    for number in range(1000):
        bell.call(Priority.NORMAL)
        rung += bell.take([], number / 1000)
    assert rung == 1


def test_a_prompt_that_is_there_after_all() -> None:
    """What the server lists again waits again, with what was typed for it."""
    board = Board()
    asked = prompt()
    entry = board.put(asked, 10)
    assert entry is not None
    entry.draft = "half of"
    board.retain([], {asked.id})
    assert not entry.is_open
    assert board.put(asked, 20) is None
    assert (entry.is_open, entry.draft, entry.deadline) == (True, "half of", 20)
