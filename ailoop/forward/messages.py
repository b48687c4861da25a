"""From events to the messages that are posted."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import frozen

from ailoop.client.ticket import id_of_key
from ailoop.forward.buffer import Item
from ailoop.forward.event import Event, Kind
from ailoop.forward.parser import Parser
from ailoop.forward.position import Place
from ailoop.forward.text import clean, cut
from ailoop.model.ids import new_id
from ailoop.model.message import Message, Notification, Priority

__all__ = ["Messages"]

_NAME_BYTES = 200
"""Of a name in the metadata: a session, a tool, a model."""


@frozen(kw_only=True)
class Messages:
    """Makes messages of events, each with its id, once.

    :param priority: of what an agent says.
    :param most: bytes of a text; what is longer is cut.
    :param kinds: which are made; notices always are.
    """

    channel: str
    priority: Priority = Priority.LOW
    most: int = 4000
    kinds: Collection[Kind] = frozenset(Kind)

    def of_line(self, parser: Parser, line: bytes, place: Place | None) -> Iterator[Item]:
        """Yield what a line becomes: often one message, sometimes none or several.

        :raises BadLineError: as by :meth:`Parser.read`.
        """
        made = [
            message
            for index, (agent, event) in enumerate(parser.read(line))
            if event.kind in self.kinds and (message := self._make(agent, event, place, index))
        ]
        for message in made:
            yield Item(message, place if message is made[-1] else None)

    def notice(self, text: str, agent: str, place: Place | None = None) -> Item:
        """Return a word of the forwarder itself."""
        event = Event(kind=Kind.NOTICE, text=text)
        message = self._make(agent, event, place, 0)
        assert message is not None  # noqa: S101 -- it has a text
        return Item(message, place)

    def _make(
        self, agent: str, event: Event, place: Place | None, index: int
    ) -> Message | None:
        text = cut(clean(event.text), self.most)
        if not text:
            return None
        content = Notification(text=text, priority=event.priority_or(self.priority))
        metadata = {
            name: cut(clean(value), _NAME_BYTES) if isinstance(value, str) else value
            for name, value in event.metadata(agent).items()
        }
        # What is read again after a restart has the same id, by which the server knows it.
        key = None if place is None else f"forward {place.life} {place.offset} {index}"
        return Message(
            id=new_id() if key is None else id_of_key(self.channel, content, key),
            channel=self.channel,
            content=content,
            metadata=metadata,
        )
