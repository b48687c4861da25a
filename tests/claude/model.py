"""A model for Claude Code to talk to: it says what a test has written down, in turn.

It speaks as much of the Messages API as ``claude -p`` asks for: a conversation with tools gets
the next of the turns as server-sent events; anything else (titles, counts of tokens) gets a
word. What Claude Code sent is kept, so that a test reads what the model has been told.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from attrs import define, field, frozen

__all__ = ["Model", "Say", "Turn", "Use", "scripted"]


@frozen
class Say:
    """The model says a text, with which it is done."""

    text: str


@frozen
class Use:
    """The model uses a tool."""

    tool: str
    input: dict[str, Any]


Turn = Say | Use


@define
class Model:
    """What the model says, and what it has been told.

    :param url: where Claude Code finds it.
    """

    url: str
    turns: list[Turn]
    asked: list[dict[str, Any]] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    def results(self) -> list[tuple[str, bool]]:
        """Return what the tools returned, each a text and whether it is an error."""
        if not self.asked:
            return []
        return [
            (_text(block.get("content")), block.get("is_error") is True)
            for message in self.asked[-1]["messages"]
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "tool_result"
        ]

    def answer(self, asked: dict[str, Any]) -> tuple[int, Turn]:
        """Return the number and the content of the next turn."""
        if not asked.get("tools"):
            return 0, Say("ok")
        with self._lock:
            self.asked.append(asked)
            number = len(self.asked)
            turn = self.turns[number - 1] if number <= len(self.turns) else Say("Done.")
            return number, turn


@contextmanager
def scripted(turns: Sequence[Turn]) -> Iterator[Model]:
    """Serve a model on a free port; after its turns it says that it is done."""

    class Handler(_Handler):
        model: Model

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.model = Model(f"http://127.0.0.1:{server.server_port}", [*turns])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Handler.model
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    model: Model
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.partition("?")[0]
        if path == "/v1/messages/count_tokens":
            self._send("application/json", orjson.dumps({"input_tokens": 10}))
        elif path == "/v1/messages":
            number, turn = self.model.answer(body)
            message = _message(number, turn, str(body["model"]))
            if body.get("stream"):
                self._send("text/event-stream", b"".join(_events(message)))
            else:
                self._send("application/json", orjson.dumps(message))
        else:
            self.send_error(404)

    def do_HEAD(self) -> None:
        self._send("text/plain", b"")

    def do_GET(self) -> None:
        self.send_error(404)

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _message(number: int, turn: Turn, model: str) -> dict[str, Any]:
    if isinstance(turn, Say):
        block: dict[str, Any] = {"type": "text", "text": turn.text}
    else:
        block = {
            "type": "tool_use",
            "id": f"toolu_{number:024}",
            "name": turn.tool,
            "input": turn.input,
        }
    return {
        "id": f"msg_{number:024}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [block],
        "stop_reason": "end_turn" if isinstance(turn, Say) else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _events(message: dict[str, Any]) -> Iterator[bytes]:
    """Yield a message as it is streamed."""
    (block,) = message["content"]
    if block["type"] == "text":
        empty = {**block, "text": ""}
        delta = {"type": "text_delta", "text": block["text"]}
    else:
        empty = {**block, "input": {}}
        written = orjson.dumps(block["input"]).decode()
        delta = {"type": "input_json_delta", "partial_json": written}
    start = {**message, "content": [], "stop_reason": None}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    for event in (
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 10}},
        {"type": "message_stop"},
    ):
        yield f"event: {event['type']}\ndata: {orjson.dumps(event).decode()}\n\n".encode()


def _text(content: Any) -> str:
    """Return the text of a tool's result."""
    if isinstance(content, str):
        return content
    return "\n".join(one["text"] for one in content or () if one.get("type") == "text")
