"""A daemon that is killed again and again, while all who use it go on.

``AILOOP_CRASHES=100`` is the long run, ``AILOOP_CRASH_SEED`` another one; by default some 30
seconds on two cores.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import trio

from tests.crash.books import Books
from tests.crash.crowd import ASKS, NOTES, Crowd
from tests.daemon.process import AILOOP, launched
from tests.serving import serving

CRASHES = int(os.environ.get("AILOOP_CRASHES", "16"))
SEED = int(os.environ.get("AILOOP_CRASH_SEED", "1"))
SECONDS = 60 + 6 * CRASHES

PLACES = ("outside", "outside", "before", "after")
"""Where it dies: at a moment that others choose, or within a transaction."""


@contextmanager
def daemon(path: Path, ports: tuple[int, int], *command: str):
    """Run a daemon on a journal."""
    ws, rest = map(str, ports)
    flags = ("--ws-port", ws, "--rest-port", rest, "--journal", f"sqlite:{path}")
    flags += ("--history-messages", "1000000", "--log-level", "warning")
    with launched(*flags, command=command or (*AILOOP, "serve")) as process:
        yield process


async def crash(
    crowd: Crowd, place: str, number: int, path: Path, ports: tuple[int, int]
) -> None:
    """Start a daemon, let the crowd at it, and have it die.

    :param number: how much later.
    """
    dying = (sys.executable, "-m", "tests.crash.dying", place, str(number), "serve")
    with daemon(path, ports, *(() if place == "outside" else dying)) as process:
        if place == "outside":
            await trio.to_thread.run_sync(process.wait_ready)
            await crowd.until_told(number * 5)
            process.signal(signal.SIGKILL)
        assert await trio.to_thread.run_sync(process.wait) == -signal.SIGKILL, process.stderr
        assert "Traceback" not in process.stderr


@pytest.mark.timeout(SECONDS + 30)
async def test_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is killed, everybody has been told what is in the journal, once."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)  # it would measure the measuring
    path, random = tmp_path / "journal", Random(SEED)
    async with serving() as probe:
        ports = (probe.address("ws")[1], probe.address("rest")[1])
    crowd = Crowd(f"http://127.0.0.1:{ports[1]}", f"ws://127.0.0.1:{ports[0]}", SEED)
    died: list[str] = []
    with trio.fail_after(SECONDS):
        async with trio.open_nursery() as watching:
            with daemon(path, ports) as process:
                await trio.to_thread.run_sync(process.wait_ready)
                watching.start_soon(crowd.read_on)
                for name, transport in (("ann", "websocket"), ("bob", "rest")):
                    watching.start_soon(crowd.be_a_person, name, transport)
                using = await watching.start(use, crowd)
                await crowd.until(lambda: crowd.counts["asks"] >= 6)
                process.signal(signal.SIGKILL)
                died.append("outside")
            while len(died) < CRASHES:
                died.append(PLACES[len(died) % len(PLACES)])
                await crash(crowd, died[-1], random.randint(1, 60), path, ports)
            with daemon(path, ports) as process:
                await trio.to_thread.run_sync(process.wait_ready)
                await crowd.until_told(50)
                crowd.going_home = True
                await using.wait()
                process.signal(signal.SIGTERM)
                assert await trio.to_thread.run_sync(process.wait) == 0
            books = Books(path)
            with daemon(path, ports) as process:
                # What the stop has settled is read after another start.
                await trio.to_thread.run_sync(process.wait_ready)
                heads = {name: rows[-1].seq for name, rows in books.channels.items()}
                await crowd.until(lambda: all(crowd.read[n][-1][0] >= heads[n] for n in heads))
            watching.cancel_scope.cancel()
    books.check_messages(crowd)
    books.check_reader(crowd)
    ends, errors = books.check_prompts(crowd), books.check_agents(crowd)
    print(f"\n{CRASHES} crashes, seed {SEED}: {dict(Counter(died))}, {crowd.lost} tries lost")
    print(f"{sum(map(len, crowd.published.values()))} messages acknowledged, {books.void} void")
    print(f"prompts: {dict(ends)}; agents' errors: {dict(errors)}; {dict(crowd.counts)}")
    assert set(books.channels) == {ASKS, NOTES}


async def use(crowd: Crowd, task_status: trio.TaskStatus[trio.Event]) -> None:
    """Be all agents and publishers, until they go home."""
    home = trio.Event()
    task_status.started(home)
    async with trio.open_nursery() as users:
        for number, transport in enumerate(["websocket", "rest"] * 3):
            users.start_soon(crowd.be_an_agent, f"agent {number}", transport)
        for name in ("r1", "r2"):
            users.start_soon(crowd.publish_over_rest, name)
        for name in ("w1", "w2"):
            users.start_soon(crowd.publish_over_websocket, name)
    home.set()
