"""Whether anybody was shown a prompt: what agents ask, and what surfaces tell."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import anyio

from ailoop.client.deliveries import DeliveryFeed
from ailoop.client.errors import NotFound, PromptLost, Undelivered
from ailoop.client.link import Link
from ailoop.client.rest import RestLink
from ailoop.client.ticket import Ticket, prompt_id_of
from ailoop.model.codec import load_delivery
from ailoop.model.delivery import Delivery, Showing

__all__ = ["PresenceVerbs"]

_SLICE_SECONDS = 30.0
"""For how long one request waits; what lies between may cut a longer one."""


class PresenceVerbs:
    """The part of a client that is about who is before a prompt."""

    _link: Link
    _rest: RestLink

    async def delivery(self, prompt: Ticket | UUID | str) -> Delivery:
        """Return how far a prompt has come: whether it was listed, who saw it, who types.

        :raises NotFound: the server does not know the prompt; :class:`PromptLost` if it
            must have known it, as for a ticket.
        """
        return (await self._delivery(prompt, 0))[0]

    async def wait_delivered(self, prompt: Ticket | UUID | str, *, within: float) -> Delivery:
        """Return once a surface shows the prompt; it goes on waiting for its answer.

        ::

            ticket = await client.post_question("deploys", "Which region?")
            try:
                await client.wait_delivered(ticket, within=30)
            except Undelivered:
                ...  # nobody looks: call somebody
            response = await client.wait(ticket)

        It also returns once the prompt has settled, shown or not: there is nothing to wait
        for any more.

        :param within: seconds to wait for that, whether or not the server can be reached.
        :raises Undelivered: no surface has shown it in that time. The prompt stays open.
        """
        with anyio.move_on_after(within):
            while True:
                delivery, state = await self._delivery(prompt, min(within, _SLICE_SECONDS))
                if delivery.delivered_at is not None or state != "pending":
                    return delivery
        raise Undelivered(prompt_id_of(prompt), within)

    async def _delivery(
        self, prompt: Ticket | UUID | str, seconds: float
    ) -> tuple[Delivery, str]:
        """Return how far a prompt has come, after so many seconds at most, and its state."""
        prompt_id = prompt_id_of(prompt)
        path = f"/api/v1/messages/{prompt_id}/delivery"
        try:
            _, body = await self._rest.insist("GET", path, wait=seconds)
        except NotFound as error:
            if isinstance(prompt, Ticket):
                raise PromptLost(error.details) from None
            raise
        return load_delivery(prompt_id, body), body["state"]

    async def show(
        self,
        prompts: Iterable[UUID | str],
        state: Showing | str,
        *,
        name: str | None = None,
        surface: str | None = None,
    ) -> None:
        """Tell how prompts stand with a surface; for programs that show them to people.

        It holds until told otherwise or until the connection ends; then it is to be told
        again. Prompts that have settled, or are not known any more, are left out.

        :param state: ``delivered``: listed; ``seen``: before somebody's eyes; ``typing``:
            being answered, only over a WebSocket.
        :param name: who the person is.
        :param surface: what shows them, such as ``terminal``.
        """
        word = {"state": Showing(state).value, "name": name, "surface": surface}
        present = {key: value for key, value in word.items() if value is not None}
        ids = [prompt_id_of(prompt) for prompt in prompts]
        if ids:
            await self._link.show(ids, present)

    def deliveries(self) -> AbstractAsyncContextManager[DeliveryFeed]:
        """Hear how the prompts that this client has shown stand with others::

            async with client.deliveries() as feed:
                async for delivery in feed:
                    ...

        Of a prompt that changes faster than it is read only the latest is delivered.

        :raises AiloopError: the transport is HTTP alone, which brings nothing by itself.
        """  # noqa: D400, D415
        return self._link.deliveries()
