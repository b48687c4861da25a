"""How a command runs: options shared by many, signals, errors as one line, exit codes."""

from __future__ import annotations

import getpass
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import click
import trio

from ailoop.cli.lines import stop_signals
from ailoop.cli.show import outcome
from ailoop.cli.text import complain, one_line
from ailoop.client import (
    AiloopError,
    BadKeyFile,
    Busy,
    Conflict,
    Invalid,
    NotAllowed,
    NotAuthorized,
    NotFound,
    Patience,
    Refused,
    SealedPrompt,
    Unavailable,
    UnfitAnswer,
    Unreachable,
    UnreadAnswer,
)
from ailoop.model.codec import load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import Priority
from ailoop.model.names import check_channel

__all__ = [
    "NO_PATIENCE",
    "OK",
    "REFUSED",
    "UNREACHABLE",
    "USAGE",
    "any_channel",
    "as_json",
    "channel",
    "exit_code_of",
    "explain",
    "hook_channel",
    "keys",
    "only_ailoop_error",
    "policy_path",
    "priority",
    "responder",
    "run",
    "seal_for",
    "server",
    "timeout",
]

OK, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3

NO_PATIENCE = Patience(give_up_seconds=0)
"""A command says at once that the server has gone; scripts go by its exit code."""


def _check_channel(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    try:
        return None if name is None else check_channel(name)
    except Refusal as refusal:
        raise click.BadParameter(refusal.sentence) from None


def _check_server(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """Refuse what no server can have as its address, before anything is asked of it."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:  # of the port, of brackets, of the name
        good = False
    if not good:
        raise click.BadParameter(
            f"not an address such as http://127.0.0.1:8081: {one_line(url)}"
        )
    return url


channel = click.option(
    "-c",
    "--channel",
    default="public",
    show_default=True,
    callback=_check_channel,
    help="Channel.",
)
any_channel = click.option(
    "-c", "--channel", callback=_check_channel, help="Only this channel; otherwise all."
)
hook_channel = click.option(
    "-c",
    "--channel",
    callback=_check_channel,
    help="Where to ask and to record, unless the rule says so; else the policy says, or "
    "claude-code.",
)
policy_path = click.option(
    "--policy",
    type=click.Path(),
    envvar="AILOOP_POLICY",
    show_envvar=True,
    metavar="FILE",
    help="The policy; else ./ailoop-policy.toml or ~/.config/ailoop/policy.toml.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
server = click.option(
    "--server",
    envvar=["AILOOP_SERVER", "AILOOP_BASE_URL"],
    show_envvar=True,
    callback=_check_server,
    help="The server's address, such as http://127.0.0.1:8081.",
)
seal_for = click.option(
    "--seal-for",
    multiple=True,
    type=click.Path(),
    envvar="AILOOP_SEAL_FOR",
    show_envvar=True,
    help="Encrypt it for the owner of this public key file; repeat it.",
)
keys = click.option(
    "--key",
    "keys",
    multiple=True,
    type=click.Path(),
    envvar="AILOOP_KEYS",
    show_envvar=True,
    help="Your private key file, for what is encrypted for you; repeat it.",
)


def priority(default: Priority) -> Callable[[Any], Any]:
    """Return the ``--priority`` option."""
    return click.option(
        "-p",
        "--priority",
        type=click.Choice([one.value for one in Priority]),
        default=default.value,
        show_default=True,
        help="How loudly to call.",
    )


def timeout(default: int) -> Callable[[Any], Any]:
    """Return the ``--timeout`` option."""
    return click.option(
        "-t",
        "--timeout",
        type=click.IntRange(min=0),
        default=default,
        show_default=True,
        help="Seconds to wait for a person; 0 is as long as the server allows.",
    )


def _default_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


responder = click.option(
    "--as",
    "responder",
    envvar="AILOOP_USER",
    show_envvar=True,
    default=_default_name,
    help="Your name, recorded with the response; otherwise your login name.",
)


_FITTING = {
    "question": "this is a question; use: ailoop answer ID TEXT",
    "authorization": "this asks for permission; use: ailoop approve ID, or ailoop deny ID",
    "navigate": "this asks to open a page; use: ailoop approve ID, or ailoop deny ID",
}


def explain(error: AiloopError) -> str:
    """Return an error's sentence, with what a person needs to do better."""
    if not isinstance(error, Refused):
        return str(error)
    match error.details:
        case {"code": "wrong_response", "kind": str(kind)} if kind in _FITTING:
            return _FITTING[kind]
        case {"code": "unauthenticated"}:
            return "this server wants to know who you are; put your API key into AILOOP_TOKEN"
        case {"code": "original_not_found" | "message_not_found"}:
            return "there is no prompt with this id, or not any more"
        case {"code": "invalid_answer", "problems": list(problems)} if len(problems) > 1:
            return "; ".join(map(_problem, problems))
        case {"choices": list(choices)}:
            return f"{error}: {', '.join(map(str, choices))}"
        case {"response": dict(recorded)}:
            return f"{error}: {outcome(load_message(recorded))}"
    return str(error)


def _problem(problem: Any) -> str:
    name = str(problem.get("path", "")).removeprefix("$.content.answer").lstrip(".")
    return f"{name} {problem.get('error', '')}".strip()


def exit_code_of(error: AiloopError) -> int:
    """Return the exit code that stands for an error."""
    if isinstance(error, Unreachable | Busy | Unavailable):
        return UNREACHABLE
    if isinstance(error, Invalid | NotAllowed | BadKeyFile):
        return USAGE
    said_no = NotFound | Conflict | NotAuthorized | SealedPrompt | UnreadAnswer | UnfitAnswer
    return REFUSED if isinstance(error, said_no) else UNREACHABLE


def only_ailoop_error(error: Exception) -> AiloopError:
    """Return the first of our own errors in a group of nothing else; raise any other."""
    if isinstance(error, ExceptionGroup):
        ours, others = error.split(AiloopError)
        if ours is None or others is not None:
            raise error
        return only_ailoop_error(ours.exceptions[0])
    if isinstance(error, AiloopError):
        return error
    raise error


def run(command: Callable[[], Awaitable[int]]) -> None:
    """Run a command to its end and exit with its code.

    SIGINT, SIGTERM and SIGHUP cancel it, which lets it clean up, and exit with 128 + their
    number.
    """
    try:
        code = trio.run(_run, command)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    sys.exit(code)


async def _run(command: Callable[[], Awaitable[int]]) -> int:
    code = OK
    with trio.open_signal_receiver(*stop_signals()) as signals:
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                nonlocal code
                async for number in signals:
                    code = 128 + number
                    nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            try:
                code = await command()
            except (AiloopError, ExceptionGroup) as raised:
                error = only_ailoop_error(raised)
                complain(explain(error))
                code = exit_code_of(error)
            except BrokenPipeError:
                # Whoever read our output has seen enough; nor may Python complain at exit.
                code = 128 + signal.SIGPIPE
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            nursery.cancel_scope.cancel()
    return code
