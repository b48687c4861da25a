"""LangGraph and LangChain: a graph's interrupts are asked people, and the graph goes on.

::

    from ailoop.adapters.langgraph import answer_interrupts
    from ailoop.sync import AiloopClient

    with AiloopClient(role="agent") as client:
        result = answer_interrupts(graph, {"topic": "cats"}, config, client=client)

The graph needs a checkpointer and the config a ``thread_id``, as for any interrupt.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from ailoop.adapters.asking import Asking, Options, ask_all
from ailoop.adapters.interrupts import plan
from ailoop.adapters.missing import explain_missing
from ailoop.adapters.outcomes import NoDecision
from ailoop.adapters.steps import Steps, blocking, waiting

with explain_missing("langgraph"):
    from langgraph.errors import is_invalid_resume
    from langgraph.types import Command, Interrupt

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.pregel.protocol import PregelProtocol

    import ailoop.aio
    import ailoop.sync

    Graph = PregelProtocol[Any, Any, Any, Any]

__all__ = ["NoDecision", "Options", "answer_interrupts", "answer_interrupts_async"]

_UNCHECKED = ("approve", "reject", "respond")
"""Decisions that fit wherever they are allowed."""


def answer_interrupts(
    graph: Graph,
    input: Any,  # noqa: A002 -- the library's own word
    config: RunnableConfig,
    *,
    client: ailoop.sync.AiloopClient,
    run: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> Any:
    """Run a graph, have people answer its interrupts, and return what it returns in the end.

    A thread that waits at interrupts already is taken up there, and the input is not used: it
    is a program that has been started again. Nobody is asked anything twice.

    :param graph: a compiled graph with a checkpointer, or an agent of LangChain.
    :param input: what it starts with.
    :param config: the graph's, with a ``thread_id``.
    :param client: asks.
    :param run: further arguments of ``graph.invoke``, such as ``context``.
    :param options: see :class:`Options`.
    :raises NoDecision: nobody decided, and the graph takes no refusal or ``on_silence`` is
        ``raise``. The thread goes on waiting where it is.
    :raises ValueError: an interrupt has one of the known shapes and does not keep to it.
    """
    more = run or {}
    steps = _answering(
        lambda value, where: partial(graph.invoke, value, where, **more),
        graph.get_state,
        input,
        config,
        client,
        Asking(**options),
    )
    return blocking(steps)


async def answer_interrupts_async(
    graph: Graph,
    input: Any,  # noqa: A002 -- the library's own word
    config: RunnableConfig,
    *,
    client: ailoop.aio.AiloopClient,
    run: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> Any:
    """Do what :func:`answer_interrupts` does, with ``graph.ainvoke``, on asyncio."""
    more = run or {}
    steps = _answering(
        lambda value, where: partial(graph.ainvoke, value, where, **more),
        graph.aget_state,
        input,
        config,
        client,
        Asking(**options),
    )
    return await waiting(steps)


def _answering(
    invoke: Any, look: Any, first: Any, config: RunnableConfig, client: Any, asking: Asking
) -> Steps[Any]:
    """Run, ask and resume, until nothing waits for a person."""
    place = config.get("configurable", {})
    thread: RunnableConfig = {**config}
    thread["configurable"] = {
        name: value for name, value in place.items() if name != "checkpoint_id"
    }
    result = None
    state = (yield partial(look, thread)) if "checkpoint_id" not in place else None
    if state is None or not state.interrupts:
        result = yield invoke(first, config)
        state = yield partial(look, thread)
    problems: dict[str, list[str]] = {}
    while state.interrupts:
        thread_id = state.config["configurable"]["thread_id"]
        answers = yield from _ask(client, state.interrupts, thread_id, problems, asking)
        resume = _to_send(state.interrupts, answers)
        try:
            result = yield invoke(Command(resume=resume), thread)
        except ValueError as error:
            if len(resume) > 1 or not is_invalid_resume(error):
                raise
            (wrong,) = resume
            problems.setdefault(wrong, []).append(_sentence(error))
        state = yield partial(look, thread)
    return result


def _ask(
    client: Any,
    interrupts: tuple[Interrupt[Any], ...],
    thread_id: str,
    problems: Mapping[str, list[str]],
    asking: Asking,
) -> Steps[dict[str, Any]]:
    """Ask what all the interrupts of a thread want; return the answers by the interrupts' ids.

    A process that has been started again comes by the same keys to the same answers.
    """
    plans = []
    for one in interrupts:
        known = problems.get(one.id, [])
        key = f"langgraph {thread_id} {one.id} {len(known)}"
        plans.append(plan(one.value, one.response_schema, key, known[-1] if known else ""))
    prompts = [prompt for each in plans for prompt in each.prompts]
    outcomes = iter((yield from ask_all(client, prompts, asking)))
    return {
        one.id: each.resume([next(outcomes) for _ in each.prompts])
        for one, each in zip(interrupts, plans, strict=True)
    }


def _to_send(interrupts: tuple[Interrupt[Any], ...], answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers that may go to the graph together.

    The graph may find that one does not fit its schema; what has run beside it then runs once
    more. Such a one goes alone, before the others: they are still waiting then.
    """
    for one in interrupts:
        answer = answers[one.id]
        decided = answer.get("type") if isinstance(answer, dict) else None
        if one.response_schema is not None and decided not in _UNCHECKED:
            return {one.id: answer}
    return answers


def _sentence(error: Any) -> str:
    """Say for a person what pydantic has found."""
    found = [
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
    ]
    return "; ".join(found)
