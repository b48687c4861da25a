"""Identifiers: version 7, one of a kind, in the order of time, also over threads and forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from uuid import RFC_4122, UUID

import pytest

from ailoop.model import ids
from ailoop.model.ids import new_id


def milliseconds(made: UUID) -> int:
    """Return the time that an id tells."""
    return made.int >> 80


def test_version():
    """An id is a UUID of version 7 in the standard variant."""
    for _ in range(1000):
        made = new_id()
        assert made.version == 7
        assert made.variant == RFC_4122
        assert UUID(str(made)) == made


def test_unique():
    """Ids of the same millisecond differ, over many refills of the pool of randomness."""
    assert len({new_id() for _ in range(20_000)}) == 20_000


def test_ordered_by_millisecond():
    """An id tells when it was made, so ids of later milliseconds sort after earlier ones."""
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(5000)]
    after = time.time_ns() // 1_000_000
    told = [milliseconds(each) for each in made]
    assert before <= told[0]
    assert told == sorted(told)
    assert told[-1] <= after


def test_sorts_as_text(monkeypatch):
    """Ids made in different milliseconds sort as numbers and as text alike."""
    moments = iter(range(1, 10**12, 10**10))
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(moments) * 1_000_000)
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(str(each) for each in made)


def test_randomness_fills_every_free_bit():
    """No bit beside the time, the version and the variant is always the same."""
    made = [new_id().int for _ in range(2000)]
    ones, zeros = 0, 0
    for each in made:
        ones |= each
        zeros |= ~each
    free = (0xFFF << 64) | 0x3FFF_FFFF_FFFF_FFFF
    assert ones & free == free
    assert zeros & free == free


def test_threads_share_no_id():
    """Threads that make ids at the same time never get the same one."""
    made: list[list[UUID]] = [[] for _ in range(8)]

    def make(mine: list[UUID]) -> None:
        mine.extend(new_id() for _ in range(5000))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert len({each for mine in made for each in mine}) == 8 * 5000


# In a process of its own, since one with threads, as this may be, had better not fork.
FORKING = """
import os
from ailoop.model.ids import new_id
new_id()
child = os.fork()
if child:
    os.waitpid(child, 0)
print(*(new_id() for _ in range(100)), flush=True)
if not child:
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_makes_other_ids():
    """A child does not hand out the randomness that its parent has drawn already."""
    command = [sys.executable, "-c", FORKING]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    free = (0xFFF << 64) | 0x3FFF_FFFF_FFFF_FFFF
    assert len(told) == 200
    assert len({UUID(each).int & free for each in told}) == 200
