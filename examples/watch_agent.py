"""Let people watch an agent work, on the channel ``agents``, and end as it ends.

Start ``ailoopd`` first; then, for instance::

    python3 examples/watch_agent.py opencode run --format json "fix the tests"

What people do not see in time is left out, so that nobody ever holds up the agent.
"""

import subprocess
import sys


def main(command: list[str]) -> int:
    """Return the agent's exit code."""
    watching = ["ailoop", "forward", "-c", "agents", "--skip", "thinking", "--drop"]
    agent = subprocess.Popen(command, stdout=subprocess.PIPE)
    forward = subprocess.Popen(watching, stdin=agent.stdout)
    assert agent.stdout is not None  # noqa: S101 -- for type checkers: it is a pipe
    agent.stdout.close()  # the other process has it now
    forward.wait()
    return agent.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
