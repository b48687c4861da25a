"""How long a start on a large journal takes: only what matters now is read back.

A file has a million messages of 300 bytes. Each channel began with a question that is still
open, and every hundredth message is a question with its answer. A channel's recent window has
a thousand messages, so of a thousand channels it would be the whole file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from ailoop.broker.ports import Record, Verdicts
from ailoop.journal.database import connect
from ailoop.journal.writer import Batch, Writer
from ailoop.model.codec import encode
from ailoop.model.message import Message, Notification, Question, Response, SenderType
from benchmarks.fill import MESSAGE_BYTES
from benchmarks.report import OURS, Row, Sample, at_most
from benchmarks.server import ailoop_server
from benchmarks.spread import channel_names
from benchmarks.workload import Context, Workload, take_turns

__all__ = ["WORKLOADS", "write_journal"]

_MESSAGES, _SMOKE_MESSAGES = 1_000_000, 2000
_CHANNELS = (1, 10, 100)
_SMOKE_CHANNELS = (1, 10, 20)
_AT_ONCE = 1000
_FIRST = 1_000_000
_OPEN_SECONDS = 12 * 3600
_EMPTY = Message(channel=channel_names(1)[0], content=Notification(text=""))
_TEXT = "." * (MESSAGE_BYTES - len(encode(_EMPTY)))


def write_journal(path: Path, channels: int, total: int) -> None:
    """Make a journal file with so many messages, spread evenly over channels."""
    with closing(connect(path, "normal")) as connection:
        writer = Writer(connection, {})
        for channel in channel_names(channels):
            first, records = _FIRST, _records(channel, total // channels)
            while some := list(islice(records, _AT_ONCE)):
                settled = [
                    seq
                    for seq, (_, _, message) in enumerate(some, first)
                    if isinstance(message.content, Question) and seq > _FIRST
                ]
                writer.write([Batch(channel, first, some)], ())
                writer.write((), [(channel, Verdicts(settled=settled))])
                first += len(some)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _records(channel: str, count: int) -> Iterator[Record]:
    at, asked = time.time(), None
    for number in range(count):
        if asked is not None:
            message = Message(
                channel=channel,
                sender_type=SenderType.HUMAN,
                content=Response(answer="yes"),
                correlation_id=asked.id,
            )
            asked = None
        elif number % 100 == 0:
            question = Question(text="Which?", timeout_seconds=_OPEN_SECONDS)
            message = Message(channel=channel, content=question)
            asked = message if number else None
        else:
            message = Message(channel=channel, content=Notification(text=_TEXT))
        yield at, encode(message), message


def _run(context: Context) -> list[Row]:
    total = context.count(_MESSAGES, _SMOKE_MESSAGES)
    row = partial(Row, workload=f"start on {total:,} stored messages", server=OURS, unit="s")
    with TemporaryDirectory(prefix="benchmark-") as folder:
        starts = {"an empty file": partial(_start, Path(folder) / "empty")}
        for channels in context.count(_CHANNELS, _SMOKE_CHANNELS):
            context.say(f"journal-start · writing {total:,} messages to {channels:,} channels")
            path = Path(folder) / str(channels)
            write_journal(path, channels, total)
            starts[f"{channels:,} channels"] = partial(_start, path)
        taken = take_turns(context, "journal-start", starts)
    return [
        row(case=case, samples=tuple(map(Sample, seconds)), goals=(at_most(2),))
        for case, seconds in taken.items()
    ]


def _start(path: Path) -> float:
    """Start a server on a journal and return how many seconds it needed to be ready."""
    with ailoop_server(journal=f"sqlite:{path}") as server:
        return server.ready_seconds


WORKLOADS = (Workload("journal-start", "a start on a journal of 1,000,000 messages", _run),)
