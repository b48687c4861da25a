"""Two agents on one channel, one in Python and one in Node, that go by one answer.

The Node agent asks, and writes down its ticket; this one waits for the same answer by it. Each
then asks for its own permission. It needs ``npm ci`` and ``npm run build`` in ``typescript``::

    python3 examples/python_beside_node.py
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from pathlib import Path

from ailoop import Ticket
from ailoop.aio import AiloopClient

NODE_AGENT = Path(__file__).with_name("node_agent.mjs")


async def go_by(ticket: Ticket) -> None:
    """Wait for the answer to what the other agent asked, and act on it."""
    async with AiloopClient(role="agent") as client:
        answer = (await client.wait(ticket)).content.answer
        if answer is None:
            return
        if await client.authorize("release", f"publish {answer} on PyPI", timeout=900):
            print(f"published {answer} on PyPI", flush=True)
        else:
            print(f"{answer} stays off PyPI", flush=True)


async def main() -> None:
    """Run both; what the Node agent says after its ticket is passed on."""
    node = await asyncio.create_subprocess_exec("node", str(NODE_AGENT), stdout=PIPE)
    if node.stdout is None:
        return
    ticket = Ticket.load(await node.stdout.readline())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(go_by(ticket))
        async for line in node.stdout:
            print(line.decode(), end="", flush=True)
    await node.wait()


asyncio.run(main())
