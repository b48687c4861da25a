"""Ask a person and go on with the answer.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``.
"""

import trio

from ailoop import AiloopClient


async def main() -> None:
    """Ask one open question and one with choices."""
    async with AiloopClient(role="agent") as client:
        name = await client.ask("general", "What shall the new branch be called?")
        if name.content.answer is None:
            print(f"No answer: {name.content.response_type}.")
            return
        base = await client.ask(
            "general", f"Where does {name.content.answer} start?", choices=["main", "release"]
        )
        print(f"git switch -c {name.content.answer} {base.content.answer or 'main'}")


trio.run(main)
