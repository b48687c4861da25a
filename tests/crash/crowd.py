"""Agents, people, publishers and a reader, who go on whatever becomes of the daemon.

Each writes down what it was told. Agents and people use the client, over both transports;
publishers and the reader talk to both ports themselves, so that nothing but they decides what
counts as acknowledged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx2
import trio
from trio_websocket import ConnectionClosed, HandshakeError

from ailoop import AiloopClient, AiloopError, Patience
from ailoop.model.message import Authorization, Message, Question, ResponseType
from tests.serving import V1, note, talking

ASKS, NOTES = "asks", "notes"
DECISIONS = (ResponseType.AUTHORIZATION_APPROVED, ResponseType.AUTHORIZATION_DENIED)
PATIENCE = Patience(first_seconds=0.01, longest_seconds=0.1)
RETRY_SECONDS = 0.02
LONG_SECONDS = 60
"""Long enough that somebody answers; other prompts wait for a second."""

_LOST = (
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
    trio.TooSlowError,
    ConnectionClosed,
    HandshakeError,
)


class Crowd:
    """All who use the daemon, and what they were told.

    :param rest: the address of the REST port.
    :param ws: of the WebSocket port.
    """

    def __init__(self, rest: str, ws: str, seed: int) -> None:
        self.rest, self.ws = rest, ws
        self.random = Random(seed)
        self.going_home = False
        self.counts: Counter[str] = Counter()
        self.lost = 0
        """How often a publisher or the reader found nobody there."""
        self.published: dict[str, list[UUID]] = defaultdict(list)
        """Acknowledged messages of each publisher, in the order they were sent."""
        self.places: dict[UUID, int] = {}
        """The numbers that acknowledgements gave."""
        self.outcomes: list[tuple[str, Message | AiloopError]] = []
        """How each ask of an agent ended."""
        self.recorded: dict[UUID, set[UUID]] = defaultdict(set)
        """By prompt, the responses that people and agents were told settled it."""
        self.asked: list[str] = []
        self.read: dict[str, list[tuple[int, UUID]]] = {ASKS: [], NOTES: []}
        self._happened = trio.Event()

    # -- what happens ---------------------------------------------------------------------

    def count(self, what: str) -> None:
        """Note that something has happened."""
        self.counts[what] += 1
        self._happened.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        while not true():
            self._happened = trio.Event()
            await self._happened.wait()

    async def until_told(self, more: int) -> None:
        """Wait until so many more have been told something."""
        total = self.counts.total() + more
        await self.until(lambda: self.counts.total() >= total)

    async def insist(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Try again until the daemon is there to the end of it."""
        while True:
            try:
                await attempt()
            except* (*_LOST, httpx2.HTTPError):
                self.lost += 1
            else:
                return
            await trio.sleep(RETRY_SECONDS)

    # -- publishers -------------------------------------------------------------------------

    def batch(self) -> list[dict[str, Any]]:
        """Make some messages that do not wait."""
        size = self.random.randint(1, 4)
        return [{**note(NOTES, f"{n}"), "id": str(uuid4())} for n in range(size)]

    async def publish_over_rest(self, name: str) -> None:
        """Post arrays, each again until it is acknowledged."""
        async with httpx2.AsyncClient(base_url=self.rest, timeout=10) as http:
            while not self.going_home:
                batch = self.batch()

                async def attempt(batch: Any = batch) -> None:
                    answer = await http.post("/api/v1/messages", json=batch)
                    assert answer.status_code in (200, 201), answer.text

                await self.insist(attempt)
                self.published[name] += [UUID(one["id"]) for one in batch]
                self.count("publications")

    async def publish_over_websocket(self, name: str) -> None:
        """Send arrays over the WebSocket port, each again until it is acknowledged."""
        waiting: list[list[dict[str, Any]]] = []

        async def attempt() -> None:
            async with talking(self.ws, V1, role="agent") as talk:
                while waiting or not self.going_home:
                    if not waiting:
                        waiting.append(self.batch())
                    told = await talk.call("send", messages=waiting[0])
                    assert told["op"] == "ack", told
                    for item in told["items"]:
                        self.published[name].append(UUID(item["id"]))
                        self.places[UUID(item["id"])] = item["seq"]
                    waiting.clear()
                    self.count("publications")

        await self.insist(attempt)

    # -- agents and people --------------------------------------------------------------------

    async def be_an_agent(self, name: str, transport: str) -> None:
        """Ask one thing after the other."""
        async with AiloopClient(self.rest, transport=transport, patience=PATIENCE) as client:
            while not self.going_home:
                text = f"{name} {len(self.asked)}"
                self.asked.append(text)
                self.outcomes.append((text, await self._ask(client, text)))
                self.count("asks")

    async def _ask(self, client: AiloopClient, text: str) -> Message | AiloopError:
        seconds = self.random.choice([1, LONG_SECONDS, LONG_SECONDS, LONG_SECONDS])
        try:
            if self.random.random() < 0.5:
                return await client.ask(ASKS, text, timeout=seconds)
            return (await client.authorize(ASKS, text, timeout=seconds)).response
        except AiloopError as error:
            return error

    async def be_a_person(self, name: str, transport: str) -> None:
        """Answer most of what is asked, after some thought, which may be too long."""
        async with (
            AiloopClient(self.rest, role="human", transport=transport, patience=PATIENCE) as me,
            me.subscribe(ASKS, after={ASKS: 0}) as feed,
            trio.open_nursery() as replies,
        ):
            async for message in feed:
                content = message.content
                if isinstance(content, Question | Authorization):
                    brief = content.timeout_seconds != LONG_SECONDS
                    thought = self.random.uniform(0, 1.5 if brief else 0.1)
                    replies.start_soon(self._reply, me, name, message, thought)

    async def _reply(
        self, me: AiloopClient, name: str, prompt: Message, thought: float
    ) -> None:
        await trio.sleep(thought)
        if isinstance(prompt.content, Question):
            decision: dict[str, Any] = {"answer": f"{name} says {self.random.random()}"}
        else:
            decision = {"response_type": self.random.choice(DECISIONS)}
        try:
            response = await me.respond(prompt.id, responder=name, **decision)
        except AiloopError as error:
            self.count(f"answers refused as {type(error).__name__}")
        else:
            self.recorded[prompt.id].add(response.id)
            self.count("answers")

    # -- the reader -----------------------------------------------------------------------

    async def read_on(self) -> None:
        """Follow both channels, and come back with the cursors after each crash."""

        async def attempt() -> None:
            async with talking(self.ws, V1) as talk:
                after = {name: rows[-1][0] if rows else 0 for name, rows in self.read.items()}
                await talk.send({"op": "subscribe", "channels": list(after), "after": after})
                while True:
                    frame = await talk.receive()
                    assert frame["op"] in ("subscribed", "message"), frame
                    if frame["op"] == "message":
                        message = frame["message"]
                        entry = (frame["seq"], UUID(message["id"]))
                        self.read[message["channel"]].append(entry)
                        self.count("deliveries")

        await self.insist(attempt)
