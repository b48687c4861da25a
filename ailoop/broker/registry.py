"""The table of live channels: made when first needed, gone when nothing needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
import trio

from ailoop.broker.channel import Channel
from ailoop.broker.clock import Clock
from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Issuer, Journal
from ailoop.broker.tables import Tables
from ailoop.model.errors import Refusal

__all__ = ["Registry"]

log = structlog.get_logger()


class Registry:
    """Live channels by name, and the end of all of them.

    :param start_task: starts a channel's task in the nursery that owns them.
    :param issuer: makes receipts of what people decide, if there are to be any.
    """

    def __init__(
        self,
        journal: Journal,
        limits: BrokerLimits,
        start_task: Callable[[Channel], None],
        issuer: Issuer | None = None,
    ) -> None:
        self.limits = limits
        self.clock = Clock()
        self.tables = Tables(limits)
        self.live: dict[str, Channel] = {}
        self.stopping = False
        self.journal = journal
        self.issuer = issuer
        self._start_task = start_task
        self._followers: set[Callable[[str], None]] = set()
        self._running = 0
        self._idle = trio.Event()

    def check_room(self, names: Iterable[str]) -> None:
        """Refuse, with ``too_many_channels``, what would make more than there may be."""
        new = len([name for name in names if name not in self.live])
        if new and len(self.live) + new > self.limits.channels:
            raise Refusal("too_many_channels", limit=self.limits.channels)

    def channel(self, name: str) -> Channel:
        """Return a live channel, made now if need be."""
        channel = self.live.get(name)
        if channel is None:
            channel = self._make(name)
            self._start(channel)
            self._announce(name)
        return channel

    async def recover(self) -> None:
        """Bring back the channels that the journal has something of."""
        async for kept in self.journal.recover(self.limits):
            channel = self._make(kept.channel)
            channel.restore(kept)
            channel.state.forget_old(self.clock.now())
            if channel.state.open or len(channel.history):
                self._start(channel)

    def _make(self, name: str) -> Channel:
        return Channel(
            name, self.journal, self.tables, self.clock, self._retire, issuer=self.issuer
        )

    def _start(self, channel: Channel) -> None:
        self.live[channel.name] = channel
        self._running += 1
        self._start_task(channel)

    def _announce(self, name: str) -> None:
        for follower in list(self._followers):
            try:
                follower(name)
            except Exception:
                # It belongs to one connection; its fault must not reach the others.
                log.exception("follower_failed", channel=name)

    def follow(self, on_channel: Callable[[str], None]) -> Callable[[], None]:
        """Have ``on_channel`` called with every live channel's name, now and as they appear.

        :returns: call it to stop following.
        """
        for name in list(self.live):
            on_channel(name)
        self._followers.add(on_channel)
        return lambda: self._followers.discard(on_channel)

    def _retire(self, channel: Channel) -> None:
        del self.live[channel.name]
        self.journal.forget(channel.name)

    async def serve(self, channel: Channel) -> None:
        """Run one channel to its end, and give its open prompts theirs."""
        try:
            await channel.run()
            if self.stopping:
                if not self.journal.durable:
                    await channel.cancel_open_prompts()
                channel.stop_watching()
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()
                self._idle = trio.Event()

    async def drain(self) -> None:
        """Take nothing new, and wait until every channel has come to its end."""
        self.stopping = True
        for channel in self.live.values():
            channel.close()
        while self._running:
            await self._idle.wait()
