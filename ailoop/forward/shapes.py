"""Looking into JSON of which nothing is certain: no function here raises or recurses."""

from __future__ import annotations

import math
from typing import Any

import orjson

__all__ = ["brief", "dig", "number_at", "objects_in", "text_at", "text_of"]

_NODES = 2000
"""So many values of one line are looked at; the rest counts as not there."""

_TELLING = (
    "text",
    "thinking",
    "content",
    "message",
    "msg",
    "stdout",
    "stderr",
    "output",
    "success",
    "failure",
    "rejected",
    "error",
    "errorMessage",
    "reason",
    "data",
    "result",
)
"""Members that hold what people read, whatever is around them."""

_SUBJECTS = (
    "command",
    "cmd",
    "file_path",
    "filePath",
    "path",
    "notebook_path",
    "url",
    "pattern",
    "query",
    "globPattern",
    "subject",
    "question",
    "description",
    "prompt",
)
"""Members of a tool's input that say what it is about."""

_BRIEF = 300


def dig(value: Any, *names: str) -> Any:
    """Return a member of a member, or ``None`` where one of them is not there."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *names: str) -> str | None:
    """Return the text at a place, if there is one with something in it."""
    found = dig(value, *names)
    return found if isinstance(found, str) and found.strip() else None


def number_at(value: Any, *names: str) -> float | None:
    """Return the finite number at a place."""
    found = dig(value, *names)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if math.isfinite(found) else None


def objects_in(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or of what should have been one."""
    items = value if isinstance(value, list) else [value]
    return [one for one in items[:_NODES] if isinstance(one, dict)]


def text_of(value: Any) -> str:
    """Return what people can read of any value, such as the nested content of a message."""
    parts: list[str] = []
    waiting = [value]
    for _ in range(_NODES):
        if not waiting:
            break
        node = waiting.pop()
        match node:
            case str():
                parts.append(node)
            case list():
                waiting += reversed(node[:_NODES])
            case {"type": "image" | "input_image" | "image_url"}:
                parts.append("[image]")
            case dict():
                told = [node[name] for name in _TELLING if node.get(name) not in (None, "")]
                if told:
                    waiting += reversed(told)
                elif node:
                    parts.append(_written(node))
            case bool() | int() | float():
                parts.append(str(node))
    return "\n".join(part for part in parts if part.strip())


def brief(value: Any) -> str:
    """Return on one line what a tool was asked to do."""
    subject = next((found for name in _SUBJECTS if (found := text_at(value, name))), None)
    text = subject or (
        value if isinstance(value, str) else "" if not value else _written(value)
    )
    line = " ".join(text[: 4 * _BRIEF].split())
    return line if len(line) <= _BRIEF else f"{line[:_BRIEF]} …"


def _written(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError):  # too deep to be written, though it could be read
        return "…"
