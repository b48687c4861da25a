"""A desk in front of the broker of this process, for whoever has made the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from attrs import frozen

from ailoop.access.identity import Identity
from ailoop.broker import Broker
from ailoop.model.codec import dump_message, format_epoch
from ailoop.model.errors import Refusal
from ailoop.model.message import Message, ResponseMessage
from ailoop.transport.gateway import Gateway
from ailoop.transport.mcp.desk import DeskFault, Standing

__all__ = ["BrokerDesk"]


@frozen
class BrokerDesk:
    """A desk.

    :param broker: as its caller may use it.
    :param identity: who that is; ``None`` where nobody has to say.
    :param address: where they are.
    :param page: where people answer in a browser.
    """

    gateway: Gateway
    broker: Broker
    identity: Identity | None
    address: str
    page: str | None

    async def post(self, message: Message) -> None:
        """Return when the broker has a message; it is read as if it had come over the wire."""
        with self._faults():
            try:
                told = dump_message(message)
            except TypeError as error:
                raise Refusal("invalid_message", f"This cannot be sent: {error}") from None
            messages = self.gateway.codec.structure_all(told)
            self.gateway.rates.post(self.identity, self.address, messages)
            (outcome,) = await self.broker.publish(messages)
            if isinstance(outcome, Refusal):
                raise outcome

    async def wait(self, prompt: Message) -> ResponseMessage:
        """Return the response to a prompt, if its asker may still know it then."""
        with self._faults():
            await self.broker.wait(prompt.id)
            if self.identity is not None:
                self.identity.check_holds()
            response = self.broker.prompt(prompt.id).response_message
            if response is None:
                raise Refusal("shutting_down")
            return ResponseMessage.of(response)

    async def look_up(self, prompt_id: UUID) -> Standing:
        """Return how a prompt stands."""
        with self._faults():
            prompt = self.broker.prompt(prompt_id)
        audience = prompt.audience
        return Standing(
            prompt.message,
            prompt.response is None,
            audience is not None and audience.delivered_at is not None,
            format_epoch(prompt.deadline),
        )

    async def withdraw(self, prompt_id: UUID) -> None:
        """Take a prompt back, if it is still open."""
        with self._faults(), suppress(Refusal):
            await self.broker.withdraw(prompt_id)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            self.gateway.counts.refuse(refusal.code)
            raise DeskFault(refusal.code, refusal.sentence) from None
