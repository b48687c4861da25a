"""Ask two questions at once, on asyncio, and give up after ten minutes.

Start ``ailoopd`` first; then run this and answer with ``ailoop inbox``.
"""

import asyncio

from ailoop.aio import AiloopClient


async def main() -> None:
    """Ask both questions over one connection; what is not answered in time is withdrawn."""
    async with AiloopClient(role="agent") as client, asyncio.timeout(600):
        region, branch = await asyncio.gather(
            client.ask("deploys", "Which region?", choices=["eu", "us"], timeout=0),
            client.ask("deploys", "Which branch?", timeout=0),
        )
    print(f"deploying {branch.content.answer} to {region.content.answer}")


try:
    asyncio.run(main())
except TimeoutError:
    print("nobody decided in ten minutes")
