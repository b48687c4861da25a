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
        print(f"agent: approved by {approval.responder}: {greeting}, world!", flush=True)
    else:
        print(f"agent: not approved ({approval.reason}), so I print nothing", flush=True)


async def main(port: int, once: bool) -> int:
    """Run the daemon as a process of its own and the agent beside it."""
    url = f"http://127.0.0.1:{port + 1}"
    command = [sys.executable, "-m", "ailoop", "serve", "--port", str(port)]
    async with trio.open_nursery() as nursery:
        # stdin=None lets the daemon see this terminal, where its person sits.
        start = partial(trio.run_process, command, stdin=None, check=False)
        daemon = await nursery.start(start)
        if await is_up(url, daemon):
            print(
                f"The page is {url}/ and a second terminal can run:\n"
                f"  ailoop inbox --server {url}\n",
                flush=True,
            )
            try:
                async with AiloopClient(url, role="agent") as client:
                    await be_an_agent(client)
            except AiloopError as error:
                print(f"agent: {error}", file=sys.stderr)
        if once:
            daemon.terminate()
        elif daemon.poll() is None:
            print("The agent is done. ailoopd goes on; Ctrl-C stops it.", flush=True)
        await daemon.wait()
    return int(daemon.returncode)


async def is_up(url: str, daemon: trio.Process) -> bool:
    """Wait until the daemon answers; false if it has ended instead."""
    while daemon.poll() is None:
        try:
            async with AiloopClient(url, transport="rest"):
                return True
        except Unreachable:
            await trio.sleep(0.1)
    return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="WebSocket port; REST is next")
    parser.add_argument("--once", action="store_true", help="stop when the agent is done")
    options = parser.parse_args()
    # Ctrl-C reaches the daemon too; it stops cleanly, and then so does this script.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(trio.run(main, options.port, options.once))
