"""Several agents at once, each on a channel of its own; one person answers them all.

Their prompts never block one another, whatever the order of the answers.
"""

import trio

from ailoop import AiloopClient

TASKS = {
    "frontend": "Which colour shall the button have?",
    "backend": "Which port shall the service use?",
    "docs": "Who is the reader of the manual?",
}


async def work(client: AiloopClient, channel: str, question: str) -> None:
    """Be one agent."""
    answer = await client.ask(channel, question)
    print(f"{channel}: {answer.content.answer or answer.content.response_type}", flush=True)


async def main() -> None:
    """Run all agents over one connection."""
    async with AiloopClient(role="agent") as client, trio.open_nursery() as agents:
        for channel, question in TASKS.items():
            agents.start_soon(work, client, channel, question)


trio.run(main)
