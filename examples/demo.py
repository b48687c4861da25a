"""Start ailoopd and an agent that needs a person: ``python examples/demo.py``.

Answer in this terminal, in another one (``ailoop inbox``), on the web page, or with curl.
"""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial

import trio

from ailoop import AiloopClient, AiloopError, Unreachable

PATIENCE_SECONDS = 600


async def be_an_agent(client: AiloopClient) -> None:
    """Ask a real question and a real authorization, and act on what comes back."""
    await client.say("demo", "The demo agent is at work.")
    answer = await client.ask(
        "demo",
        "Which greeting shall I print?",
        choices=["Hello", "Good morning", "Ahoy"],
        timeout=PATIENCE_SECONDS,
    )
    if answer.content.answer is None:
        print(f"agent: no answer ({answer.content.response_type}), I use my own", flush=True)
    greeting = answer.content.answer or "Hi"
    print(f"agent: you chose {greeting!r}", flush=True)
    approval = await client.authorize(
        "demo",
        f"print “{greeting}, world!” on your terminal",
        context={"text": f"{greeting}, world!"},
        timeout=PATIENCE_SECONDS,
    )
    if approval:
        by = f" by {approval.responder}" if approval.responder else ""
        print(f"agent: approved{by}: {greeting}, world!", flush=True)
    else:
        print(f"agent: not approved ({approval.reason}), so I print nothing", flush=True)


async def main(port: int, once: bool) -> int:
    """Run the daemon as a process of its own and the agent beside it."""
    url = f"http://127.0.0.1:{port + 1}"
    if await is_up(url):
        print(f"something answers at {url} already; choose another --port", file=sys.stderr)
        return 3
    command = [sys.executable, "-m", "ailoop", "serve", "--port", str(port)]
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
            if await run_agent(url) and not once:
                print("The agent is done. ailoopd goes on; Ctrl-C stops it.", flush=True)
                await daemon.wait()
        if daemon.poll() is None:
            daemon.terminate()
        status = await daemon.wait()
        nursery.cancel_scope.cancel()
    return int(status)


async def run_agent(url: str) -> bool:
    """Be an agent of the daemon at ``url``; return whether it came to its end."""
    print(
        f"The page is {url}/ and a second terminal can run:\n  ailoop inbox --server {url}\n",
        flush=True,
    )
    try:
        async with AiloopClient(url, role="agent") as client:
            await be_an_agent(client)
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
