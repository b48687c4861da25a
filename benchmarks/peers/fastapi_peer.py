"""FastAPI on uvicorn with uvloop and httptools: what most people would build.

One queue and one writing task a subscriber. A full queue makes the publisher wait, so nothing
is lost. A message from HTTP is validated by pydantic; one from a WebSocket is parsed, to find
its channel, and sent on as it came.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import orjson
import uvicorn
from fastapi import FastAPI, WebSocket
from fastapi.websockets import WebSocketDisconnect
from pydantic import BaseModel, Field

from benchmarks.peers.ports import listen, say_ready

QUEUED = 1000


class SenderType(StrEnum):
    """Who speaks."""

    AGENT = "AGENT"
    HUMAN = "HUMAN"
    SYSTEM = "SYSTEM"


class Notification(BaseModel):
    """Something to read."""

    type: Literal["notification"]
    text: str
    priority: Literal["low", "normal", "high", "urgent"] = "normal"


class Question(BaseModel):
    """Something to answer."""

    type: Literal["question"]
    text: str
    timeout_seconds: int = 60
    choices: list[str] | None = None


class Message(BaseModel):
    """A message as its sender may write it."""

    id: UUID = Field(default_factory=uuid4)
    channel: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    sender_type: SenderType = SenderType.AGENT
    content: Annotated[Notification | Question, Field(discriminator="type")]
    timestamp: datetime
    correlation_id: UUID | None = None


queues: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)


async def publish(channel: str, text: str) -> None:
    """Hand a message to all who follow its channel."""
    for queue in tuple(queues[channel]):
        await queue.put(text)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Say when the server is up."""
    say_ready(listener.getsockname()[1], "rest", "ws")
    yield


app = FastAPI(lifespan=lifespan)
listener = listen()


@app.get("/api/v1/health")
async def health() -> dict[str, Any]:
    """Tell how it is."""
    return {
        "status": "healthy",
        "version": "0.1.0",
        "active_connections": sum(map(len, queues.values())),
        "active_channels": len(queues),
    }


@app.post("/api/v1/messages", status_code=201)
async def post(body: Message | list[Message]) -> Message | list[Message]:
    """Take one message or several."""
    for message in body if isinstance(body, list) else [body]:
        await publish(message.channel, message.model_dump_json())
    return body


@app.websocket("/")
async def converse(websocket: WebSocket) -> None:
    """Take messages, and send those that are asked for."""
    await websocket.accept()
    queue: asyncio.Queue[str] = asyncio.Queue(QUEUED)
    writer = asyncio.create_task(write(websocket, queue))
    try:
        while True:
            text = await websocket.receive_text()
            value = orjson.loads(text)
            if isinstance(value, list):
                for message in value:
                    await publish(message["channel"], orjson.dumps(message).decode())
            elif "subscribe" in value:
                queues[value["subscribe"]].add(queue)
            else:
                await publish(value["channel"], text)
    except WebSocketDisconnect:
        pass
    finally:
        writer.cancel()
        for followers in queues.values():
            followers.discard(queue)


async def write(websocket: WebSocket, queue: asyncio.Queue[str]) -> None:
    """Send a subscriber what is queued for it."""
    while True:
        await websocket.send_text(await queue.get())


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_level="warning",
        access_log=False,
    )
    uvicorn.Server(config).run(sockets=[listener])
