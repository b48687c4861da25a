"""What the page about TLS shows works: the certificates, the daemon, the client."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from tests.daemon.process import environment, running_daemon
from tests.docs.blocks import read_blocks

BLOCKS = read_blocks("tls.rst")
COMMANDS = [
    line.removeprefix("$ ")
    for block in BLOCKS
    if block.language == "console"
    for line in block.text.splitlines()
    if line.startswith("$ ")
]


def test_the_page_runs(tmp_path: Path) -> None:
    """Each command that makes a file, the daemon with them, the example, and curl."""
    for command in COMMANDS:
        if command.startswith("openssl "):
            subprocess.run(shlex.split(command), cwd=tmp_path, check=True, capture_output=True)
    (code,) = [block.text for block in BLOCKS if block.language == "python"]
    (output,) = [block.text for block in BLOCKS if block.language == "text"]
    flags = next(one for one in COMMANDS if "--tls-client-ca" in one).split()[1:]
    with running_daemon(*flags, cwd=tmp_path) as daemon:
        here = daemon.rest.replace("127.0.0.1", "localhost")
        for command in (
            [sys.executable, "-c", code.replace("https://localhost:8081", here)],
            *(
                shlex.split(one.replace("https://localhost:8081", here))
                for one in COMMANDS
                if one.startswith("curl ")
            ),
        ):
            done = subprocess.run(
                command,
                cwd=tmp_path,
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert output.strip() in done.stdout
