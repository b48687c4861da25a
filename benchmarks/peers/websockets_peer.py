"""The ``websockets`` library's Trio server with the loop that everybody writes first."""

from __future__ import annotations

from collections import defaultdict

import orjson
import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.server import ServerConnection, serve

from benchmarks.peers.ports import listen, say_ready

followers: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def converse(connection: ServerConnection) -> None:
    """Take messages, and send each to all who follow its channel."""
    try:
        async for text in connection:
            value = orjson.loads(text)
            if isinstance(value, list):
                for message in value:
                    await publish(message["channel"], orjson.dumps(message).decode())
            elif "subscribe" in value:
                followers[value["subscribe"]].add(connection)
            else:
                await publish(value["channel"], text)
    finally:
        for connections in followers.values():
            connections.discard(connection)


async def publish(channel: str, text: str | bytes) -> None:
    """Send a message to all who follow its channel, one after the other."""
    for follower in tuple(followers[channel]):
        try:
            await follower.send(text)
        except ConnectionClosed:
            followers[channel].discard(follower)


async def main() -> None:
    """Serve until the process ends."""
    with listen() as sock:
        sock.setblocking(False)
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
        say_ready(sock.getsockname()[1], "ws")
        await serve(converse, None, listeners=[listener], compression=None, ping_interval=None)


if __name__ == "__main__":
    trio.run(main)
