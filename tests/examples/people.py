"""People for the examples: scripted, but answering over the same wire as anybody."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import trio

from ailoop import AiloopClient
from ailoop.model.message import PROMPT_TYPES, Message

__all__ = ["ROOT", "approve", "environment", "literal_blocks", "person", "run_example"]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30
"""Seconds after which an example that must end counts as hanging."""

Decide = Callable[[Message], dict[str, Any]]


def approve(_: Message) -> dict[str, Any]:
    """Approve whatever is asked."""
    return {"response_type": "authorization_approved"}


def environment(url: str) -> dict[str, str]:
    """Return this process's environment, with one server and nothing else of ours."""
    clean = {name: value for name, value in os.environ.items() if "AILOOP" not in name}
    bin_path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    server = {"AILOOP_SERVER": url} if url else {}
    return clean | server | {"PATH": bin_path}


async def person(
    url: str,
    decide: Decide,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer every prompt as ``decide`` says, until cancelled."""
    async with AiloopClient(url, role="human") as client, client.subscribe("*") as feed:
        task_status.started()
        async for message in feed:
            if isinstance(message.content, PROMPT_TYPES):
                await client.respond(message.id, **decide(message))


async def run_example(
    command: list[str | Path],
    url: str,
    decide: Decide,
    patience: float = PATIENCE,
    **variables: str,
) -> CompletedProcess[bytes]:
    """Run a program beside a person who answers it, and return what it printed.

    :param patience: seconds in which it must end.
    :param variables: of its environment.
    """
    with trio.fail_after(patience):
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(person, url, decide))
            result = await trio.run_process(
                [str(part) for part in command],
                env=environment(url) | variables,
                cwd=ROOT,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
            )
            nursery.cancel_scope.cancel()
    return result


def literal_blocks(text: str) -> list[str]:
    """Return the indented blocks after ``::`` of a reStructuredText, without the indent."""
    found = re.findall(r"::\n\n((?: +.*\n|\n)+)", text)
    return [
        re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip("\n") + "\n" for block in found
    ]
