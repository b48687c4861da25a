"""Run a shell command only if a person approves it: ``authorize_shell.py rm -r build``.

The command is shown to the person exactly as it will run. Anything but an explicit
approval, silence included, means that it does not run.
"""

import shlex
import subprocess
import sys

import trio

from ailoop import AiloopClient


async def main(command: list[str]) -> int:
    """Return the command's exit code, or 1 if it was not approved."""
    async with AiloopClient(role="agent") as client:
        approval = await client.authorize(
            "shell", f"run: {shlex.join(command)}", context={"argv": command}, timeout=300
        )
    if not approval:
        print(f"not run: {approval.reason or 'denied'}", file=sys.stderr)
        return 1
    return (await trio.run_process(command, check=False)).returncode


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(f"usage: {sys.argv[0]} COMMAND [ARGUMENT ...]")
    try:
        sys.exit(trio.run(main, sys.argv[1:]))
    except FileNotFoundError as missing:
        sys.exit(f"no such command: {missing.filename}")
    except subprocess.SubprocessError as failed:
        sys.exit(str(failed))
