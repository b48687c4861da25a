"""Running the real Claude Code in a project of its own, with a model that is made up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen

from tests.claude.model import Model, Turn, scripted
from tests.daemon.api import Api
from tests.daemon.process import eventually

__all__ = ["Project", "Run", "decide"]

PATIENCE = 40.0
ROOT = Path(__file__).parents[2]


@frozen
class Run:
    """Claude Code at work."""

    popen: subprocess.Popen[str]
    model: Model

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has written, once it has ended well."""
        out, err = self.popen.communicate(timeout=PATIENCE)
        assert self.popen.returncode == 0, f"{out}\n{err}"
        return [orjson.loads(line) for line in out.splitlines()]


@frozen
class Project:
    """A folder in which Claude Code works, and a home in which it has never been.

    :param folder: both are inside.
    :param server: the daemon's address.
    """

    folder: Path
    server: str

    @property
    def path(self) -> Path:
        return self.folder / "project"

    def make(self) -> Project:
        """Make the folders."""
        for one in (self.path, self.folder / "home"):
            one.mkdir()
        return self

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return all that Claude Code, and what it starts, knows: nothing of this user's."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "AILOOP_SERVER": self.server,
            "ANTHROPIC_API_KEY": "made-up",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "MCP_CONNECT_TIMEOUT_MS": "30000",  # it waits for 5000 where nothing is said
            **(extra or {}),
        }

    def ailoop(self, *arguments: str) -> None:
        """Run a command of ours in the project."""
        subprocess.run(
            [sys.executable, "-m", "ailoop", *arguments],
            cwd=self.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.path / name
        path.write_text(text)
        return path

    def has(self, name: str) -> bool:
        """Say whether there is a file, such as one that a tool has made."""
        return (self.path / name).exists()

    @contextmanager
    def claude(
        self, turns: Sequence[Turn], *flags: str, env: Mapping[str, str] | None = None
    ) -> Iterator[Run]:
        """Start Claude Code with a model that says so much."""
        with scripted(turns) as model:
            environment = self.environment({"ANTHROPIC_BASE_URL": model.url, **(env or {})})
            command = ["claude", "-p", "Go on", "--output-format", "stream-json", "--verbose"]
            with subprocess.Popen(
                [*command, *flags],
                cwd=self.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as popen:
                try:
                    yield Run(popen, model)
                finally:
                    popen.kill()


def decide(api: Api, channel: str, action: str, **decision: Any) -> dict[str, Any]:
    """Have a person decide about an action once it is asked about; return what they saw."""

    def look() -> dict[str, Any] | None:
        for item in api.pending(channel):
            if item["message"]["content"]["action"] == action:
                return dict(item)
        return None

    item = eventually(look, f"{action!r} is asked about")
    answer = api.respond(item["message_id"], **decision)
    assert answer.is_success, answer.text
    return dict(item["message"]["content"])
