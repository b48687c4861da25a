"""What a journal file says in the end, held against what everybody was told."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from attrs import frozen

from ailoop import AiloopError
from ailoop.journal.verify import Checked, verify
from ailoop.model.codec import load_json, load_message
from ailoop.model.message import PROMPT_TYPES, Message, Response, ResponseType, SenderType
from tests.crash.crowd import Crowd


@frozen
class Row:
    """An entry of the log."""

    seq: int
    at: float
    message: Message


class Books:
    """All that anybody was to be shown, by channel.

    It is read past the journal, after a clean stop, so that all verdicts are noted.
    """

    def __init__(self, path: Path) -> None:
        self.channels: dict[str, list[Row]] = {}
        with closing(sqlite3.connect(path)) as connection:
            assert list(verify(connection, Checked())) == []
            self.void = connection.execute("SELECT sum(void) FROM entries").fetchone()[0]
            for name, seq, at, encoded in connection.execute(
                "SELECT name, seq, at, message FROM entries JOIN channels "
                "ON channels.id = channel WHERE NOT void ORDER BY name, seq"
            ):
                row = Row(seq, at, load_message(load_json(encoded)))
                self.channels.setdefault(name, []).append(row)
        self.rows = [row for rows in self.channels.values() for row in rows]
        self.by_id = {row.message.id: row for row in self.rows}
        self.responses: dict[UUID, list[Row]] = {}
        for row in self.rows:
            if isinstance(row.message.content, Response):
                assert row.message.correlation_id is not None
                self.responses.setdefault(row.message.correlation_id, []).append(row)

    def check_messages(self, crowd: Crowd) -> None:
        """Each acknowledged message is there once, in order, under the number it was told."""
        assert len(self.by_id) == len(self.rows), "a message is there twice"
        for ids in crowd.published.values():
            assert len(ids) == len(set(ids))
            missing = [one for one in ids if one not in self.by_id]
            assert missing == [], "an acknowledged message is lost"
            places = [self.by_id[one].seq for one in ids]
            assert all(a < b for a, b in pairwise(places)), "out of order"
        for one, seq in crowd.places.items():
            assert self.by_id[one].seq == seq, "another number than was told"

    def check_reader(self, crowd: Crowd) -> None:
        """Who always read on has had exactly what there is: no gap, no double, no number twice.

        So no number was used again either: whoever had seen the first would have it here.
        """
        for name, rows in self.channels.items():
            assert crowd.read[name] == [(row.seq, row.message.id) for row in rows]

    def check_prompts(self, crowd: Crowd) -> Counter[str]:
        """No prompt is settled twice or approved late; all were told of the one response."""
        ends: Counter[str] = Counter()
        for row in self.rows:
            content = row.message.content
            if not isinstance(content, PROMPT_TYPES):
                continue
            settled = self.responses.get(row.message.id, [])
            assert len(settled) <= 1, "settled twice"
            told = crowd.recorded.get(row.message.id, set())
            assert told <= {one.message.id for one in settled}, "another response was told"
            for one in settled:
                response = one.message
                assert isinstance(response.content, Response)
                if response.sender_type is SenderType.HUMAN:
                    assert one.at < row.at + content.timeout_seconds, "answered too late"
                else:
                    assert (
                        response.content.response_type
                        is not ResponseType.AUTHORIZATION_APPROVED
                    )
                reason = (response.metadata or {}).get("reason")
                ends[str(reason or response.content.response_type)] += 1
            if not settled:
                ends["open"] += 1
        return ends

    def check_agents(self, crowd: Crowd) -> Counter[str]:
        """Every ask ended once: with the response that is in the file, or a typed error."""
        texts: Sequence[str] = [text for text, _ in crowd.outcomes]
        assert sorted(texts) == sorted(crowd.asked), "an ask did not end once"
        errors: Counter[str] = Counter()
        for _, outcome in crowd.outcomes:
            if isinstance(outcome, AiloopError):
                errors[type(outcome).__name__] += 1
                continue
            assert outcome.correlation_id is not None
            (settled,) = self.responses[outcome.correlation_id]
            assert (settled.message.id, settled.message.content) == (
                outcome.id,
                outcome.content,
            )
        return errors
