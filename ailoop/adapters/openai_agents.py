"""The OpenAI Agents SDK: tools that need approval get it from a person, or do not run.

::

    from ailoop.adapters.openai_agents import run_with_approvals
    from ailoop.aio import AiloopClient

    async with AiloopClient(role="agent") as client:
        result = await run_with_approvals(agent, "Tidy up", client=client)

It is the SDK's own mechanism: a tool says ``needs_approval``, the run stops with
``interruptions``, and goes on when each has been decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack
from uuid import uuid4

from ailoop.adapters.asking import Asking, Options, Prompt, ask_all
from ailoop.adapters.missing import explain_missing
from ailoop.adapters.outcomes import Approved, Denied, NoDecision, Silent
from ailoop.adapters.steps import Steps, blocking, waiting
from ailoop.adapters.values import load_exactly

with explain_missing("openai-agents", "agents"):
    from agents import Agent, Runner, RunResult, RunState, ToolApprovalItem

if TYPE_CHECKING:
    import ailoop.aio
    import ailoop.sync

__all__ = ["NoDecision", "Options", "run_with_approvals", "run_with_approvals_sync"]

Keep = Callable[[RunState[Any]], object]


async def run_with_approvals(
    agent: Agent[Any],
    input: Any,  # noqa: A002 -- the library's own word
    *,
    client: ailoop.aio.AiloopClient,
    key: str | None = None,
    keep: Keep | None = None,
    run: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> RunResult:
    """Run an agent, have people approve what its tools would do, and return the result.

    :param agent: what ``Runner.run`` takes.
    :param input: what it starts with, or a ``RunState`` that has been kept.
    :param client: asks.
    :param key: what is unique to this run, such as the number of a ticket. A run that is taken
        up again under its key gets the decisions there are, and nobody is asked twice. What a
        run without a key has asked is withdrawn when the run is cancelled.
    :param keep: is given the state whenever the run is about to wait for people; its
        ``to_string()`` is what a program that is started again goes on from.
    :param run: further arguments of ``Runner.run``, such as ``context``.
    :param options: see :class:`Options`.
    :raises NoDecision: nobody decided, and ``on_silence`` is ``raise``.
    """
    invoke = partial(Runner.run, **(run or {}))
    asking = Asking(**options, returns=bool(key))
    steps = _running(invoke, agent, input, client, key, keep, asking)
    return await waiting(steps)


def run_with_approvals_sync(
    agent: Agent[Any],
    input: Any,  # noqa: A002 -- the library's own word
    *,
    client: ailoop.sync.AiloopClient,
    key: str | None = None,
    keep: Keep | None = None,
    run: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> RunResult:
    """Do what :func:`run_with_approvals` does, with ``Runner.run_sync``."""
    invoke = partial(Runner.run_sync, **(run or {}))
    asking = Asking(**options, returns=bool(key))
    steps = _running(invoke, agent, input, client, key, keep, asking)
    return blocking(steps)


def _running(
    invoke: Callable[..., Any],
    agent: Agent[Any],
    first: Any,
    client: Any,
    key: str | None,
    keep: Keep | None,
    asking: Asking,
) -> Steps[RunResult]:
    """Run, ask and go on, until nothing waits for a person."""
    # Without a key of its own a run must never get the decision about another one.
    name = f"agents {key or uuid4()}"
    result = yield partial(invoke, agent, first)
    while items := result.interruptions:
        state = result.to_state()
        if keep is not None:
            keep(state)
        prompts = [_prompt(item, name) for item in items]
        outcomes = yield from ask_all(client, prompts, asking)
        for item, outcome in zip(items, outcomes, strict=True):
            match outcome:
                case Approved():
                    state.approve(item)
                case Denied(None):
                    state.reject(item)  # in the SDK's words
                case Denied(reason):
                    state.reject(item, rejection_message=f"A person denied this: {reason}")
                case Silent(why):
                    state.reject(item, rejection_message=f"Not approved: {why}.")
        result = yield partial(invoke, agent, state)
    return result


def _prompt(item: ToolApprovalItem, name: str) -> Prompt:
    """Return what to ask about one call of a tool.

    :raises ValueError: the call has no id, so that it is not known from another.
    """
    if not item.call_id:
        raise ValueError(f"a call of the tool {item.name} has no id")
    return Prompt(
        key=f"{name} {item.call_id}",
        text=f"{item.agent.name}: {item.qualified_name or item.name}",
        kind="authorization",
        context=_arguments(item.arguments),
    )


def _arguments(text: str | None) -> Any:
    """Return arguments as an object, where they are one."""
    try:
        return None if text is None else load_exactly(text)
    except ValueError:
        return text
