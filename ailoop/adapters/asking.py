"""What adapters ask people, several things at once, and what comes of it.

An adapter turns what its library has into :class:`Prompt`, and an :data:`Outcome` into what its
library takes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal, TypedDict

from attrs import field, frozen, validators

from ailoop.adapters.outcomes import Approved, Denied, NoDecision, Outcome, Said, Silent
from ailoop.adapters.steps import Steps
from ailoop.client.errors import (
    AiloopError,
    AlreadySettled,
    Busy,
    PromptLost,
    Unavailable,
    Undelivered,
    UnfitAnswer,
    Unreachable,
    UnreadAnswer,
)
from ailoop.client.ticket import Ticket
from ailoop.model.message import ResponseType, SenderType

__all__ = [
    "Asking",
    "Options",
    "Prompt",
    "ask_all",
]

_AWAY = (
    *(Busy, PromptLost, Unavailable, Undelivered, Unreachable),
    *(UnfitAnswer, UnreadAnswer),  # encrypted, and not a decision on what was asked
)
"""What keeps a decision from being made. Whatever else is raised is a mistake somewhere."""


class Options(TypedDict, total=False):
    """How an adapter asks; each may be left out."""

    channel: str
    """Where people are asked; ``public`` by default."""
    timeout: int
    """Seconds after which the server settles a prompt: 300 by default, 0 for as long as it
    allows."""
    on_silence: Literal["reject", "raise"]
    """What to do when nobody has decided: ``reject``, the default, tells the agent so in a
    sentence; ``raise`` raises :class:`NoDecision`."""
    shown_within: float
    """Seconds in which a surface must show a prompt, or else nobody has decided."""
    attempt: int
    """1 by default. A higher number asks again what has been asked before."""


@frozen(kw_only=True)
class Asking:
    """How an adapter asks; see :class:`Options`."""

    channel: str = "public"
    timeout: int = 300
    on_silence: str = field(default="reject", validator=validators.in_(("reject", "raise")))
    shown_within: float | None = None
    attempt: int = 1
    returns: bool = True
    """Whether somebody may come back to what was asked, when this is cut short."""


@frozen(kw_only=True)
class Prompt:
    """One thing to ask.

    :param key: what makes it the same one when it is asked again.
    :param kind: whether permission is asked for, or words.
    :param context: what permission is asked for, as JSON.
    :param editable: whether the person may change the context.
    :param choices: what words are to be one of.
    :param schema: of a form to fill in instead.
    """

    key: str
    text: str
    kind: Literal["authorization", "question"]
    context: Any = None
    editable: bool = False
    choices: tuple[str, ...] | None = None
    schema: dict[str, Any] | None = None


def ask_all(client: Any, prompts: Sequence[Prompt], asking: Asking) -> Steps[list[Outcome]]:
    """Ask everything, so that it is open at the same time; return what came of each.

    :raises NoDecision: of something nothing came, and that is to be raised.
    """
    began = time.monotonic()
    posted: list[Ticket | Silent] = []
    outcomes: list[Outcome] = []
    try:
        for prompt in prompts:
            posted.append((yield from _post(client, prompt, asking)))  # noqa: PERF401 -- yields
        for prompt, ticket in zip(prompts, posted, strict=True):
            outcome = yield from _outcome(client, prompt, ticket, asking, began)
            outcomes.append(_heard(prompt, outcome, asking))
    except GeneratorExit:
        raise
    except BaseException:
        if not asking.returns:
            yield from _take_back(client, posted[len(outcomes) :])
        raise
    return outcomes


def _heard(prompt: Prompt, outcome: Outcome, asking: Asking) -> Outcome:
    if isinstance(outcome, Silent) and asking.on_silence == "raise":
        raise NoDecision(prompt.text, outcome.why)
    return outcome


def _take_back(client: Any, posted: Sequence[Ticket | Silent]) -> Steps[None]:
    """Withdraw what nobody will come back to, so that nobody is asked in vain."""
    for ticket in posted:
        if isinstance(ticket, Ticket):
            with suppress(AiloopError):  # settled meanwhile, or out of reach
                yield partial(client.withdraw, ticket)


def _post(client: Any, prompt: Prompt, asking: Asking) -> Steps[Ticket | Silent]:
    """Post one prompt; under its key it is the one that may have been posted before."""
    common = {"timeout": asking.timeout, "key": f"{prompt.key} {asking.attempt}"}
    if prompt.kind == "authorization":
        edit = {"editable": True} if prompt.editable else {}
        post = partial(client.post_authorization, context=prompt.context, **edit)
    else:
        form = {"schema": prompt.schema} if prompt.schema is not None else {}
        post = partial(client.post_question, choices=prompt.choices, **form)
    try:
        ticket: Ticket = yield partial(post, asking.channel, prompt.text, **common)
    except _AWAY as error:
        return Silent(str(error))
    return ticket


def _outcome(
    client: Any, prompt: Prompt, ticket: Ticket | Silent, asking: Asking, began: float
) -> Steps[Outcome]:
    """Wait for what comes of one prompt."""
    if isinstance(ticket, Silent):
        return ticket
    try:
        within = asking.shown_within
        if within is not None and not (
            yield from _shown(client, ticket, asking, began + within)
        ):
            return Silent(f"nobody was shown it within {within:g} seconds")
        response = yield _waiting(client, prompt, ticket)
    except _AWAY as error:
        return Silent(str(error))
    return _read(client, prompt, response, asking)


def _shown(client: Any, ticket: Ticket, asking: Asking, until: float) -> Steps[bool]:
    """Return whether somebody was shown a prompt in time, or has decided it.

    Otherwise it is taken back, unless that is raised: then somebody may come back to it.

    :param until: on the monotonic clock.
    """
    left = max(0.0, until - time.monotonic())
    try:
        yield partial(client.wait_delivered, ticket, within=left)
    except Undelivered:
        if asking.on_silence == "raise":
            return False
        try:
            yield partial(client.withdraw, ticket)
        except AlreadySettled:
            return True
        except AiloopError:
            pass  # it ends by itself
        return False
    return True


def _waiting(client: Any, prompt: Prompt, ticket: Ticket) -> partial[Any]:
    """Return the call that waits for a response, read by the form where there is one."""
    form = {} if prompt.schema is None else {"schema": prompt.schema}
    return partial(client.wait, ticket, **form)


def _read(client: Any, prompt: Prompt, response: Any, asking: Asking) -> Outcome:
    """Return what a response means.

    :raises ReceiptInvalid: an approval is not to be believed.
    """
    ended = response.content.response_type
    reason = (response.metadata or {}).get("reason")
    if ended is ResponseType.AUTHORIZATION_APPROVED and prompt.kind == "authorization":
        approval = client.approval_of(
            response, asking.channel, prompt.text, context=prompt.context
        )
        if approval.edited and not prompt.editable:
            return Silent("its arguments were edited, which nobody had offered")
        if approval:
            return Approved(approval.context, approval.edited)
    if ended is ResponseType.TEXT and prompt.kind == "question":
        return Said(response.content.answer if prompt.schema is None else response.value)
    # The server denies what nobody decided, too: a person is who has said so.
    if response.sender_type is SenderType.HUMAN:
        return Denied(reason)
    late = ended is ResponseType.TIMEOUT or reason == "timeout"
    return Silent("nobody decided in time" if late else f"it was taken back: {reason or ended}")
