"""``ailoop audit``: for each prompt who asked, who was shown it, and who said what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from ailoop.cli.files import journal_path, run_on_file
from ailoop.cli.running import any_channel, as_json
from ailoop.cli.text import clean, one_line, print_json
from ailoop.journal.database import read_only
from ailoop.journal.trail import Attempt, Story, Verdict, asked, stories
from ailoop.model.codec import dump_message, format_epoch
from ailoop.model.message import Message, Response

__all__ = ["audit"]

_SAID = {
    Verdict.REPEATED: "said again, which changed nothing",
    Verdict.EXPIRED: "refused: after the deadline",
    Verdict.LATE: "refused: it had settled",
    Verdict.REFUSED: "refused",
}


@click.command()
@journal_path
@any_channel
@as_json
def audit(path: Path, channel: str | None, as_json: bool) -> None:
    r"""Show for each prompt of a journal who asked, who was shown it, who answered what.

    Answers that were refused are shown too. With --json a line is a prompt.

    \b
    Example:
      ailoop audit ailoop.db -c deploys

    Exit codes: 0 shown; 1 an entry cannot be read; 2 used wrongly, or the file cannot be used.
    """

    def work() -> None:
        with read_only(path) as connection:
            for one in asked(connection, channel):
                for story in stories(connection, one):
                    if as_json:
                        print_json(_members(story))
                    else:
                        click.echo("\n".join(_lines(story)) + "\n")

    run_on_file(work)


# -- as JSON --------------------------------------------------------------------------------


def _members(story: Story) -> dict[str, Any]:
    prompt = story.prompt
    asked = dump_message(prompt.message)
    return {
        "channel": prompt.entry.channel,
        "seq": prompt.entry.seq,
        "id": asked["id"],
        "asked_at": format_epoch(prompt.entry.at),
        "deadline": format_epoch(prompt.deadline),
        "state": prompt.state,
        "sender_type": asked["sender_type"],
        "content": asked["content"],
        "metadata": asked.get("metadata"),
        "shown": [
            {"at": format_epoch(one.at), "state": one.state, "name": one.name}
            for one in story.shown
        ],
        "responses": [_attempt(one) for one in story.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    said = dump_message(attempt.message)
    return {
        "seq": attempt.entry.seq,
        "id": said["id"],
        "at": format_epoch(attempt.entry.at),
        "verdict": attempt.verdict,
        "sender_type": said["sender_type"],
        "content": said["content"],
        "metadata": said.get("metadata"),
    }


# -- for people -----------------------------------------------------------------------------


def _lines(story: Story) -> Iterator[str]:
    prompt = story.prompt
    entry, content = prompt.entry, prompt.content
    yield f"{one_line(entry.channel)} {entry.seq} {content.type} {entry.id}: {prompt.state}"
    yield _line(entry.at, f"asked by {_who(prompt.message)}: {one_line(content.label)}")
    for detail in _details(prompt.message):
        yield f"    {detail}"
    for one in story.shown:
        to = "seen by" if one.state == "seen" else "delivered to"
        yield _line(one.at, f"{to} {one_line(one.name)}")
    for attempt in story.attempts:
        said = _SAID.get(attempt.verdict)
        told = f"{_what(attempt.message)}, by {_who(attempt.message)}"
        yield _line(attempt.entry.at, f"{told} ({said})" if said else told)


def _line(at: float, text: str) -> str:
    return f"  {format_epoch(at)} {text}"


def _details(message: Message) -> list[str]:
    """Return what else the person decided by."""
    known = ("type", "text", "action", "url", "timeout_seconds")
    content = dump_message(message)["content"]
    shown = {name: value for name, value in content.items() if name not in known and value}
    return [one_line(f"{name}: {_plain(value)}") for name, value in shown.items()]


def _who(message: Message) -> str:
    """Return who sent a message: by what they said of themselves."""
    # A receipt is for programs; --json shows it.
    metadata = {k: v for k, v in (message.metadata or {}).items() if k != "receipt"}
    told = [f"{one_line(name)} {one_line(_plain(value))}" for name, value in metadata.items()]
    return ", ".join([message.sender_type.value, *told])


def _what(response: Message) -> str:
    content = response.content
    if not isinstance(content, Response):
        return one_line(content.type)
    said = content.response_type.removeprefix("authorization_").replace("text", "answered")
    return f"{said} “{one_line(content.answer)}”" if content.answer else said


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else clean(orjson.dumps(value).decode())
