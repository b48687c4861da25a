"""The soak: it holds on this server, and what it would have to find, it finds."""

from __future__ import annotations

import pytest

from ailoop.model.message import ResponseType
from benchmarks.ledger import Ledger, Outcome, Reading
from benchmarks.memory import MIB, MemoryWatch
from benchmarks.server import Server
from benchmarks.soak import Soak
from benchmarks.soak_world import World
from tests.benchmarks.programme import bench

TEXT, APPROVED = ResponseType.TEXT, ResponseType.AUTHORIZATION_APPROVED


@pytest.fixture
def soak() -> Soak:
    """A run of which hardly anything has been written down."""
    return Soak(World(Server(0, 0, 0, 0), seed=1, seconds=1), MemoryWatch([60 * MIB]))


@pytest.fixture
def ledger(soak: Soak) -> Ledger:
    return soak.world.ledger


@pytest.fixture
def reading(ledger: Ledger) -> Reading:
    """A reader who has had the first two of three messages."""
    reading = ledger.reading("ann", ["news"])
    for seq, message in enumerate(("one", "two", "three"), 1):
        ledger.accepted("news", message)
        ledger.placed(message, seq)
    reading.got("news", "one", 1)
    reading.got("news", "two", 2)
    return reading


@pytest.mark.timeout(120)
def test_it_holds() -> None:
    """Twenty seconds of everything at once."""
    done = bench("soak", "--repeat", "1", "--seconds", "20", patience=110)
    assert done.returncode == 0, done.stderr + done.stdout
    table = dict(
        line.rsplit(maxsplit=1) for line in done.stdout.splitlines() if " " in line.strip()
    )
    assert int(table["delivered"].replace(",", "")) > 0
    for figure in ("lost", "duplicated", "settled twice", "approved after deadline"):
        assert table[figure] == "0"
    assert table.keys() > {"seed", "sent", "reconnects", "prompts", "gaps told"}
    assert "all is as promised" in done.stdout


def test_what_is_complete_passes(soak: Soak, ledger: Ledger, reading: Reading) -> None:
    reading.got("news", "three", 3)
    ledger.asked("why", "desk", late_from=10)
    ledger.recorded("why", "desk", "because", said_at=9)
    ledger.told_asker("why", "desk", Outcome("because", TEXT))
    assert ledger.complete
    assert soak.failures == []
    assert (ledger.sent, ledger.delivered) == (5, 3)


def test_a_lost_message_is_found(soak: Soak, ledger: Ledger, reading: Reading) -> None:
    assert not ledger.complete
    assert soak.failures == ["lost: 1"]
    assert "lost: 1" in soak.table()


def test_a_message_nobody_knows_the_place_of_is_lost(
    soak: Soak, ledger: Ledger, reading: Reading
) -> None:
    reading.told_gap("news", 2, 4)
    ledger.accepted("news", "vanished")
    assert soak.failures == ["lost: 1"]


def test_what_a_gap_tells_of_is_not_lost(soak: Soak, ledger: Ledger, reading: Reading) -> None:
    reading.told_gap("news", 2, 4)
    assert soak.failures == []
    assert ledger.gaps == 1


def test_a_gap_elsewhere_excuses_nothing(soak: Soak, reading: Reading) -> None:
    reading.told_gap("news", 3, 5)
    reading.told_gap("other", 2, 4)
    assert soak.failures == ["lost: 1"]


def test_who_keeps_up_is_to_miss_nothing(soak: Soak, ledger: Ledger) -> None:
    reading = ledger.reading("bob", ["news"], keeps_up=True)
    ledger.accepted("news", "one")
    ledger.placed("one", 1)
    reading.told_gap("news", 0, 2)
    assert soak.failures == ["lost: 1"]


def test_a_duplicated_message_is_found(soak: Soak, reading: Reading) -> None:
    reading.got("news", "three", 3)
    reading.got("news", "two", 2)
    assert soak.failures == ["duplicated: 1"]


def test_a_message_that_overtakes_is_found(soak: Soak, ledger: Ledger) -> None:
    reading = ledger.reading("bob", ["news"])
    reading.got("news", "two", 2)
    reading.got("news", "one", 1)
    assert soak.failures == ["out of order: 1"]


def test_a_second_settlement_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.asked("why", "desk", late_from=10)
    ledger.told_asker("why", "desk", Outcome("because", TEXT))
    ledger.ended("why", "desk", "therefore")
    assert soak.failures == ["settled twice: 1"]


def test_two_people_who_are_both_believed_are_found(soak: Soak, ledger: Ledger) -> None:
    ledger.recorded("why", "desk", "because", said_at=1)
    ledger.recorded("why", "desk", "therefore", said_at=1)
    ledger.asked("why", "desk", late_from=10)
    ledger.told_asker("why", "desk", Outcome("because", TEXT))
    assert soak.failures == ["settled twice: 1", "answers lost: 1"]


def test_an_approval_after_the_deadline_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.asked("may I", "desk", late_from=10)
    ledger.recorded("may I", "desk", "yes", said_at=10.1)
    ledger.told_asker("may I", "desk", Outcome("yes", APPROVED))
    assert soak.failures == ["approved after deadline: 1"]


def test_an_approval_by_nobody_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.asked("may I", "desk", late_from=10)
    ledger.told_asker("may I", "desk", Outcome("yes", APPROVED))
    assert soak.failures == ["approved by nobody: 1"]


def test_a_prompt_without_an_outcome_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.asked("why", "desk", late_from=10)
    assert soak.failures == ["prompts without outcome: 1"]


def test_an_answer_that_never_arrives_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.asked("why", "desk", late_from=10)
    ledger.recorded("why", "desk", "because", said_at=9)
    assert soak.failures == ["prompts without outcome: 1", "answers lost: 1"]


def test_who_waits_in_vain_is_found(soak: Soak, ledger: Ledger) -> None:
    ledger.stuck.add("agent 1")
    assert soak.failures == ["stuck: 1"]


def test_memory_that_grows_is_found(soak: Soak) -> None:
    soak.memory.samples = [(60 + number // 10) * MIB for number in range(200)]
    assert soak.failures == ["memory is not flat"]


def test_memory_that_fills_up_first_is_flat() -> None:
    filling, full = [50 * MIB] * 40, [70 * MIB] * 160
    assert MemoryWatch([*filling, *full]).is_flat


def test_nothing_is_said_of_memory_after_a_moment() -> None:
    assert MemoryWatch([50 * MIB, 90 * MIB]).is_flat is None
