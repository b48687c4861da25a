"""Thousands of asks of all faces over a bad wire to a daemon that is restarted.

Some 80 seconds on two cores; with ``AILOOP_CHAOS_ASKS=240`` less.

Real processes: the daemon, and an agent for each face and transport; of TypeScript that in
Node, where it is installed. Between them lies a wire that delays, cuts, truncates and doubles
at random. Each ask must end once: with the answer its person gave, cancelled by a daemon that
was stopped, or with a typed error.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

import orjson
import pytest
import trio

from ailoop import AiloopClient, AiloopError, MissedMessages, Patience
from ailoop.model.message import Question
from tests.client.faces import PYTHON, alone
from tests.client.places import bundle
from tests.client.proxy import Wire, wired
from tests.daemon.process import environment, launched
from tests.needs import has_typescript
from tests.serving import serving

KINDS = (*PYTHON, "node") if has_typescript() else PYTHON
AGENTS = [*product(KINDS, ("websocket", "rest"))]
ASKS = int(os.environ.get("AILOOP_CHAOS_ASKS", "10080"))
ABREAST = 20
SECONDS = 600
PATIENCE = Patience(first_seconds=0.01, longest_seconds=0.1)
STOPS = (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL)


class Chaos:
    """One run: who has been told what."""

    def __init__(self, asks: int) -> None:
        self.asks = asks
        self.lines: list[dict[str, Any]] = []
        self.answered: set[str] = set()
        self._progress = trio.Event()

    async def be_an_agent(self, face: str, transport: str, url: str) -> None:
        """Run an agent's process, and note what it writes down."""
        program = [sys.executable, "-m", "tests.client.chaos_agent", face]
        if face == "node":
            flags = ("--platform=node", "--format=esm", "--external:ws")
            program = ["node", str(bundle("chaos", *flags))]
        command = [*program, transport, url, str(self.asks // len(AGENTS)), str(ABREAST)]
        async with trio.open_nursery() as nursery:
            run = partial(trio.run_process, command, stdout=-1, env=environment())
            process: trio.Process = await nursery.start(run)
            assert process.stdout is not None
            rest = b""
            async for data in process.stdout:
                *lines, rest = (rest + data).split(b"\n")
                self.lines += [orjson.loads(line) for line in lines]
                self._progress.set()

    async def until(self, count: int) -> None:
        """Wait until so many asks have ended."""
        while len(self.lines) < count:
            self._progress = trio.Event()
            await self._progress.wait()

    async def until_all_have_begun(self) -> None:
        """Wait until each agent has had an answer."""
        while len({line["text"].rpartition(".")[0] for line in self.lines}) < len(AGENTS):
            self._progress = trio.Event()
            await self._progress.wait()

    async def be_a_person(self, url: str) -> None:
        """Answer every question, whatever becomes of the daemon."""
        async with (
            AiloopClient(url, role="human", patience=PATIENCE) as client,
            client.subscribe("a", after={"a": 0}) as feed,
            trio.open_nursery() as replies,
        ):
            while True:
                try:
                    message = await anext(feed)
                except MissedMessages:
                    continue
                if isinstance(message.content, Question):
                    replies.start_soon(self._reply, client, message.id, message.content.text)

    async def _reply(self, client: AiloopClient, prompt_id: Any, text: str) -> None:
        with suppress(AiloopError):  # settled by a stop, or lost
            await client.respond(prompt_id, f"re: {text}", responder="ann")
            self.answered.add(text)


@alone("an agent of each in a process of its own, over both transports; of TypeScript Node's")
@pytest.mark.timeout(SECONDS + 30)
async def test_every_ask_ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ask ends once, rightly, and none hangs."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)  # it would measure the measuring
    chaos = Chaos(ASKS)
    async with serving() as probe:
        port = str(probe.address("rest")[1])
    flags = ("--ws-port", "0", "--rest-port", port)
    with trio.fail_after(SECONDS):
        async with wired(("127.0.0.1", int(port)), seed=1) as wire:
            await _run(chaos, wire, flags)
    texts = [line["text"] for line in chaos.lines]
    assert len(texts) == len(set(texts)) == chaos.asks
    kinds = Counter(str(line.get("error") or line["type"]) for line in chaos.lines)
    print(f"\n{dict(kinds)} of {chaos.asks}; {wire.cuts} cuts, {wire.doubled} doubled")
    untyped = [line for line in chaos.lines if not line.get("typed", True)]
    assert not untyped
    for line in chaos.lines:
        if line.get("type") == "text":
            assert line["answer"] == f"re: {line['text']}"
    assert set(kinds) <= {"text", "cancelled", "PromptLost"}
    # At the moment of a stop no more than these can be open.
    assert kinds["text"] >= chaos.asks - len(STOPS) * len(AGENTS) * ABREAST
    assert wire.cuts > 10
    assert wire.doubled > 10


async def _run(chaos: Chaos, wire: Wire, flags: tuple[str, ...]) -> None:
    url = f"http://127.0.0.1:{flags[-1]}"
    async with trio.open_nursery() as people:
        stops = iter(STOPS)
        part = chaos.asks // (len(STOPS) + 1)
        for number in range(len(STOPS) + 1):
            with launched(*flags) as daemon:
                await trio.to_thread.run_sync(daemon.wait_ready)
                if number == 0:
                    people.start_soon(chaos.be_a_person, url)
                    for face, transport in AGENTS:
                        people.start_soon(chaos.be_an_agent, face, transport, wire.url)
                    await chaos.until_all_have_begun()  # entering may fail on such a wire
                    wire.delay_seconds, wire.cut_chance = 0.002, 0.005
                    wire.double_chance = 0.05
                stop = next(stops, None)
                await chaos.until(chaos.asks if stop is None else (number + 1) * part)
                if stop is not None:
                    daemon.signal(stop)
                    await trio.to_thread.run_sync(daemon.wait)
        people.cancel_scope.cancel()
