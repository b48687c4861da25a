"""What an orchestrator asks: whether to start it again, and whether to send it work."""

from __future__ import annotations

from pathlib import Path

import httpx2
import trio

from tests.access.kit import guarded
from tests.daemon.process import AILOOP, environment
from tests.serving import Served, question, serving

LIVE, READY = "/api/v1/live", "/api/v1/ready"


async def ask(http: httpx2.AsyncClient) -> list[tuple[int, str]]:
    """Return status and word of both answers, neither of which tells anything else."""
    answers = [await http.get(path) for path in (LIVE, READY)]
    assert all(list(one.json()) == ["status"] for one in answers)
    return [(one.status_code, one.json()["status"]) for one in answers]


async def test_a_daemon_at_work(server: Served) -> None:
    """It is live and ready, and HEAD says the same."""
    assert await ask(server.http) == [(200, "live"), (200, "ready")]
    assert (await server.http.head(READY)).status_code == 200


async def test_a_daemon_that_stops(server: Served) -> None:
    """Nobody is to send it work, and nobody is to kill it before it has told who waits."""
    await server.post(question())
    await server.broker.drain()
    assert await ask(server.http) == [(200, "live"), (503, "stopping")]


async def test_a_journal_that_fails(tmp_path: Path) -> None:
    """A disk that is full is no reason to end the process, and is over when it is over."""
    async with serving(journal=f"sqlite:{tmp_path}/j.db") as server:
        journal = server.broker._registry.journal
        journal.failing = "disk full"
        assert await ask(server.http) == [(200, "live"), (503, "failing")]
        journal.failing = None
        assert await ask(server.http) == [(200, "live"), (200, "ready")]


async def test_strangers_may_ask(tmp_path: Path) -> None:
    """A kubelet has no credential; a bad one is not looked at either."""
    async with (
        guarded(tmp_path) as house,
        httpx2.AsyncClient(base_url=house.server.daemon.rest_url) as http,
    ):
        assert (await http.get("/api/v1/pending")).status_code == 401
        assert await ask(http) == [(200, "live"), (200, "ready")]
        http.headers["Authorization"] = "Bearer made-up"
        assert await ask(http) == [(200, "live"), (200, "ready")]


async def test_probes_are_never_too_many() -> None:
    """They count as no request: who asks often must not take the server for dead."""
    async with serving(rate_requests=0.001) as server:
        paths = [LIVE, READY] * 20
        assert {(await server.http.get(path)).status_code for path in paths} == {200}


async def test_the_command_that_asks(server: Served) -> None:
    """For a probe that runs a program: ``health`` is like ready, with ``--live`` like live."""

    async def health(*flags: str, url: str = server.daemon.rest_url) -> int:
        command = [*AILOOP, "health", *flags, "--server", url]
        done = await trio.run_process(
            command, check=False, capture_stdout=True, capture_stderr=True, env=environment()
        )
        return done.returncode

    assert [await health(), await health("--live")] == [0, 0]
    await server.broker.drain()
    assert [await health(), await health("--live")] == [1, 0]
    assert await health("--live", url="http://127.0.0.1:1") == 3
