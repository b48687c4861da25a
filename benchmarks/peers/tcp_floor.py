"""The least that any server on Trio does: bytes in, prepared bytes out.

After the handshake it looks at a connection's first frame, to know whether it is a subscriber
and how large frames are. From then on it parses nothing: for so many bytes of a publisher it
writes so many prepared frames to each subscriber, and only the last one as it came, so that
the marks of the load arrive.
"""

from __future__ import annotations

import trio

from benchmarks.frames import accept_key, served, unmasked
from benchmarks.peers.ports import listen, say_ready

_CHUNK = 256 * 1024

subscribers: set[trio.SocketStream] = set()


async def converse(stream: trio.SocketStream) -> None:
    """Shake hands, then be a subscriber or a publisher."""
    try:
        await shake(stream)
        buffer = bytearray(await stream.receive_some(_CHUNK))
        if b'"subscribe"' in unmasked(bytes(buffer)):
            subscribers.add(stream)
            await stream.receive_some()
            return
        await forward(stream, buffer)
    except trio.BrokenResourceError:
        pass
    finally:
        subscribers.discard(stream)


async def shake(stream: trio.SocketStream) -> None:
    """Answer the opening handshake."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await stream.receive_some()
    key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    await stream.send_all(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(key) + b"\r\n\r\n"
    )


async def forward(stream: trio.SocketStream, buffer: bytearray) -> None:
    """Write a frame to every subscriber for each that comes, all having one size."""
    size = len(buffer)
    prepared = served(unmasked(bytes(buffer)))
    while True:
        count, rest = divmod(len(buffer), size)
        if count:
            last = served(unmasked(bytes(buffer[(count - 1) * size : count * size])))
            block = prepared * (count - 1) + last
            for subscriber in tuple(subscribers):
                await subscriber.send_all(block)
            del buffer[: len(buffer) - rest]
        more = await stream.receive_some(_CHUNK)
        if not more:
            return
        buffer += more


async def main() -> None:
    """Serve until the process ends."""
    with listen() as sock:
        sock.setblocking(False)
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
        say_ready(sock.getsockname()[1], "ws")
        await trio.serve_listeners(converse, [listener])


if __name__ == "__main__":
    trio.run(main)
