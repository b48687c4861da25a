"""Prompts on their way into the log: submitted, and not decided yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import trio

__all__ = ["Arrivals"]


class Arrivals:
    """Lets somebody who is quick wait for a prompt to exist.

    Its room is bounded by that of the inboxes that the prompts wait in.
    """

    def __init__(self) -> None:
        self._due: dict[UUID, trio.Event] = {}

    def __len__(self) -> int:
        return len(self._due)

    def expect(self, ids: Iterable[UUID]) -> Callable[[], None]:
        """Note that prompts have been submitted; call what it returns once they are decided."""
        decided = trio.Event()
        due = dict.fromkeys(ids, decided)
        self._due.update(due)

        def arrived() -> None:
            for one in due:
                # Under the same id another may be on its way by now.
                if self._due.get(one) is decided:
                    del self._due[one]
            decided.set()

        return arrived

    async def wait(self, prompt_id: UUID) -> None:
        """Return once the prompt is decided, at once if it is not on its way."""
        decided = self._due.get(prompt_id)
        if decided is not None:
            await decided.wait()
