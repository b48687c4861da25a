"""How messages look on a terminal."""

from __future__ import annotations

import shutil
from typing import Any

import orjson
from wcwidth import wcwidth

from ailoop.cli.form_text import field_lines
from ailoop.cli.text import clean, colour, one_line
from ailoop.client import SealedMessage
from ailoop.model.codec import format_time
from ailoop.model.message import (
    PROMPT_TYPES,
    Authorization,
    Message,
    Navigate,
    Notification,
    PromptContent,
    Question,
    Response,
)

__all__ = ["clip", "detail_lines", "message_line", "outcome", "prompt_lines", "seal_lines"]

_KINDS = {"question": "asks", "authorization": "wants to", "navigate": "asks you to open"}


def message_line(message: Message) -> str:
    """Return a message on one line, cut to the terminal."""
    content = message.content
    if isinstance(content, Response):
        what = outcome(message)
    elif isinstance(content, Notification):
        what = f"({content.priority}) {content.text}"
    else:
        what = f"{_KINDS[content.type]}: {content.label}"
    time = format_time(message.timestamp)[11:19]
    width = shutil.get_terminal_size((200, 24)).columns
    return clip(one_line(f"{time} {message.sender_type:<6} {what}"), width)


def clip(text: str, width: int) -> str:
    """Cut a one-line text to a number of terminal cells."""
    used = 0
    for index, char in enumerate(text):
        used += max(wcwidth(char), 0)
        is_last = index == len(text) - 1
        if used > (width if is_last else width - 1):
            return text[:index] + "…"
    return text


def outcome(response: Message) -> str:
    """Return what a response says, by whom and why, on one line."""
    content = response.content
    if not isinstance(content, Response):
        return ""
    said = content.response_type.removeprefix("authorization_").replace("text", "answered")
    metadata: dict[str, Any] = response.metadata or {}
    parts = [
        said,
        f"“{content.answer}”" if content.answer else "",
        f"by {metadata['responder']}" if metadata.get("responder") else "",
        f"via {metadata['surface']}" if metadata.get("surface") else "",
        f"({metadata['reason']})" if metadata.get("reason") else "",
    ]
    return one_line(" ".join(part for part in parts if part))


def prompt_lines(message: Message) -> list[str]:
    """Return a prompt in full, with what a person needs to answer it."""
    content = message.content
    if not isinstance(content, PROMPT_TYPES):
        return []
    head = f"[{message.channel}] an agent {_KINDS[content.type]} ({content.timeout_seconds} s)"
    lines = [f"{head}:", *clean(content.label).splitlines()]
    lines += [f"  {line}" for line in detail_lines(content)]
    lines += [f"  {line}" for line in seal_lines(message)]
    return [colour(lines[0], bold=True), *lines[1:]]


def seal_lines(message: Message) -> list[str]:
    """Return for whom a message was encrypted, or that it cannot be read here and why."""
    if not isinstance(message, SealedMessage):
        return []
    if message.is_open:
        return [one_line(f"(encrypted for {message.key_name})")]
    return [one_line(f"(it cannot be read here: {message.trouble})")]


def detail_lines(content: PromptContent) -> list[str]:
    """Return what a person decides by: the numbered choices, the fields, or the context."""
    match content:
        case Question(choices=tuple() as choices):
            return [f"{number}) {one_line(text)}" for number, text in enumerate(choices, 1)]
        case Question(schema=dict() as schema):
            return field_lines(schema)
        case Authorization(context=context) | Navigate(context=context) if context is not None:
            pretty = orjson.dumps(context, option=orjson.OPT_INDENT_2).decode()
            changing = ["(it may be changed before it is approved)"]
            editable = isinstance(content, Authorization) and content.editable
            return clean(pretty).splitlines() + (changing if editable else [])
    return []
