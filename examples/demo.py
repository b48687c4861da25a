"""Start ailoopd and an agent that needs a person: ``python examples/demo.py``.

Answer in this terminal, in another one (``ailoop inbox``), on the web page, or with curl.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial

import trio

from ailoop import AiloopClient, AiloopError, Unreachable

PATIENCE_SECONDS = 600

Tell = Callable[[str], Awaitable[None]]


async def be_an_agent(client: AiloopClient, tell: Tell) -> None:
    """Ask a real question and a real authorization, and act on what comes back."""
    await tell("The demo agent is at work.")
    answer = await client.ask(
        "demo",
        "Which greeting shall it be?",
        choices=["Hello", "Good morning", "Ahoy"],
        timeout=PATIENCE_SECONDS,
    )
    if answer.content.answer is None:
        await tell(f"No answer ({answer.content.response_type}), I use my own.")
    greeting = answer.content.answer or "Hi"
    await tell(f"You chose {greeting!r}.")
    approval = await client.authorize(
        "demo",
        f"say “{greeting}, world!” to everybody",
        context={"text": f"{greeting}, world!"},
        timeout=PATIENCE_SECONDS,
    )
    if approval:
        by = f" by {approval.responder}" if approval.responder else ""
        await tell(f"Approved{by}: {greeting}, world!")
    else:
        await tell(f"Not approved ({approval.reason}), so I say nothing.")


async def main(port: int, once: bool) -> int:
    """Run the daemon as a process of its own and the agent beside it."""
    url = f"http://127.0.0.1:{port + 1}"
    if await is_up(url):
        print(f"something answers at {url} already; choose another --port", file=sys.stderr)
        return 3
    print(
        f"The page is {url}/ and a second terminal can run:\n  ailoop inbox --server {url}\n",
        flush=True,
    )
    command = [sys.executable, "-m", "ailoop", "serve", "--port", str(port)]
    told: list[str] = []
    async with trio.open_nursery() as nursery:
        # stdin=None lets the daemon see this terminal, where its person sits.
        start = partial(trio.run_process, command, stdin=None, check=False)
        daemon = await nursery.start(start)
        agent = trio.CancelScope()
        nursery.start_soon(stop_on_signal, daemon)
        nursery.start_soon(cancel_after, daemon, agent)
        with agent:
            while not await is_up(url):  # noqa: ASYNC110 -- only asking tells
                await trio.sleep(0.1)
            if await run_agent(url, told, once) and not once:
                await daemon.wait()
        if daemon.poll() is None:
            daemon.terminate()
        status = await daemon.wait()
        nursery.cancel_scope.cancel()
    print("\n".join(told), flush=True)
    return int(status)


async def run_agent(url: str, told: list[str], once: bool) -> bool:
    """Be an agent of the daemon at ``url``; return whether it came to its end.

    :param told: gets what it tells the person. The inbox has the terminal to itself meanwhile.
    """
    try:
        async with AiloopClient(url, role="agent") as client:

            async def tell(text: str) -> None:
                told.append(f"agent: {text}")
                await client.say("demo", text)

            await be_an_agent(client, tell)
            if not once:
                await tell("The agent is done. ailoopd goes on; Ctrl-C stops it.")
    except AiloopError as error:
        print(f"agent: {error}", file=sys.stderr)
        return False
    return True


async def is_up(url: str) -> bool:
    """Return whether a daemon answers."""
    try:
        async with AiloopClient(url, transport="rest"):
            return True
    except Unreachable:
        return False


async def stop_on_signal(daemon: trio.Process) -> None:
    """Let the daemon stop cleanly when this script is told to; it then stops as well."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            if daemon.poll() is None:
                daemon.terminate()


async def cancel_after(daemon: trio.Process, agent: trio.CancelScope) -> None:
    """End the agent when its daemon has ended, whatever it waits for."""
    await daemon.wait()
    agent.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="WebSocket port; REST is next")
    parser.add_argument("--once", action="store_true", help="stop when the agent is done")
    options = parser.parse_args()
    sys.exit(trio.run(main, options.port, options.once))
