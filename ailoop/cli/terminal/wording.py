"""What stands on the screen about a prompt: pairs of a style and a text, made safe."""

from __future__ import annotations

from math import ceil, inf

from ailoop.cli.show import detail_lines, outcome, seal_lines
from ailoop.cli.terminal.entry import Entry
from ailoop.cli.text import clean, one_line
from ailoop.client import SealedMessage
from ailoop.model.message import Message, Notification, Priority, Response

__all__ = ["Markup", "body", "company", "countdown", "fate", "head", "row", "thread"]

Markup = list[tuple[str, str]]
"""Texts, each with a style of the palette; urwid interprets nothing inside a text."""

_KINDS = {"question": "question", "authorization": "permission", "navigate": "page to open"}
_MARKS = {
    Priority.URGENT: ("urgent", "!!"),
    Priority.HIGH: ("high", "! "),
    Priority.NORMAL: ("", "  "),
    Priority.LOW: ("dim", ". "),
}
_UNREAD = (
    "It can be denied, and left for somebody who has the key; it cannot be approved or "
    "answered. A key is given with --key FILE, or in AILOOP_KEYS."
)
_SOON_SECONDS = 30.0
_BEGINNING = 1000
"""Characters of a text that the history of a channel shows."""


def countdown(seconds: float) -> str:
    """Write how much time is left."""
    if seconds == inf:
        return ""
    # Rounded up, so that there is no moment at which 0 s are left and it still waits.
    whole = max(ceil(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours}:{minutes:02}:{whole % 60:02}"
    return f"{minutes}:{whole % 60:02}" if minutes else f"{whole} s"


def _time_left(entry: Entry, now: float) -> tuple[str, str]:
    left = entry.deadline - now
    if entry.lost:
        return "dim", "gone"
    if entry.outcome is not None:
        expired = (entry.outcome.metadata or {}).get("reason") == "timeout"
        kind = getattr(entry.outcome.content, "response_type", "")
        return "dim", "expired" if expired or kind == "timeout" else "settled"
    if entry.sending:
        return "dim", "sending"
    if left <= 0:
        return "dim", "expired"
    return ("urgent" if left <= _SOON_SECONDS else ""), countdown(left)


def row(entry: Entry, now: float, *, selected: bool) -> Markup:
    """Return a prompt as a row of the list; the agent's words come last, they may be long."""
    time_style, time = _time_left(entry, now)
    mark_style, mark = _MARKS[entry.priority]
    draft = "draft " if entry.has_draft and entry.is_open else ""
    return [
        ("selected" if selected else "", "> " if selected else "  "),
        (mark_style, f"{mark} "),
        (time_style, f"{time:>8}  "),
        ("channel", f"{entry.prompt.channel}  "),
        ("dim", f"{_KINDS[entry.content.type]}  "),
        ("high", draft),
        ("" if entry.is_open else "dim", one_line(entry.content.label)),
    ]


def head(entry: Entry, now: float) -> Markup:
    """Return what a prompt is, and how much time is left."""
    mark_style, _ = _MARKS[entry.priority]
    time_style, time = _time_left(entry, now)
    left = f"{time} left" if entry.is_due(now) and not entry.sending else time
    parts: Markup = [("title", f"{_KINDS[entry.content.type]} on {entry.prompt.channel}")]
    if entry.priority is not Priority.NORMAL:
        parts += [("", ", "), (mark_style, entry.priority.value)]
    if time:
        parts += [("", "   "), (time_style, f"({left})")]
    if entry.trouble is not None:
        parts.append(("trouble", "   CANNOT BE READ HERE"))
    elif isinstance(entry.prompt, SealedMessage):
        parts.append(("dim", f"   encrypted for {one_line(entry.prompt.key_name or '')}"))
    return parts


def body(entry: Entry) -> Markup:
    """Return all that a person decides by."""
    if entry.trouble is not None:
        told = f"This prompt cannot be read here: {one_line(entry.trouble)}.\n\n"
        return [("notice", told), ("", _UNREAD)]
    lines = detail_lines(entry.content)
    text: Markup = [("words", clean(entry.content.label))]
    if lines:
        text += [("", "\n\n" + "\n".join(f"  {line}" for line in lines))]
    return text


def fate(entry: Entry, now: float) -> Markup:
    """Return what has become of a prompt that waits no more."""
    if entry.outcome is not None:
        return [("settled", outcome(entry.outcome))]
    if entry.lost:
        return [("settled", "It waits no more; the server does not know it.")]
    if now >= entry.deadline:
        return [("settled", "Its time is over.")]
    return []


def company(entry: Entry, me: str) -> Markup:
    """Return who else is before a prompt."""
    if entry.delivery is None:
        return []
    seen = [one_line(name) for name in entry.delivery.seen_by if name != me]
    typing = [one_line(name) for name in entry.delivery.typing if name != me]
    parts: Markup = []
    if typing:
        verb = "is" if len(typing) == 1 else "are"
        parts.append(("high", f"{', '.join(typing)} {verb} typing   "))
    if seen:
        parts.append(("dim", f"seen by {', '.join(seen)}"))
    return parts


def thread(message: Message, response: Message | None) -> Markup:
    """Return a message of a channel's history, with the response to it if it has one."""
    content = message.content
    # The person's own clock, as the one beside the terminal.
    time = message.timestamp.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    who = message.sender_type.lower()
    if isinstance(content, Response):
        return [("dim", f"{time} {who}: "), ("settled", f"{_begin(outcome(message))}\n")]
    if isinstance(content, Notification):
        what, words = f"notification, {content.priority}", content.text
    else:
        what, words = _KINDS[content.type], content.label
    what += "".join(f" {line}" for line in seal_lines(message))
    parts: Markup = [("dim", f"{time} {who}, {what}\n"), ("", f"{_begin(clean(words))}\n")]
    if not isinstance(content, Notification):
        lines = "".join(f"  {line}\n" for line in detail_lines(content))
        parts.append(("dim", _begin(lines)))
        said = "no response yet" if response is None else outcome(response)
        parts.append(("high" if response is None else "settled", f"  -> {_begin(said)}\n"))
    return parts


def _begin(text: str) -> str:
    """Return the beginning of a long text: laying it all out would hold up the daemon."""
    left = len(text) - _BEGINNING
    return f"{text[:_BEGINNING]} ... ({left:,} more characters)" if left > 0 else text
