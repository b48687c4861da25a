"""What the page of ``ailoop forward`` shows is what comes of its lines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import orjson

from ailoop.forward import Kind
from tests.daemon.api import Api
from tests.daemon.process import AILOOP, PATIENCE, environment, running_daemon
from tests.docs.blocks import DOCS, read_blocks

BLOCKS = read_blocks("forward.rst")
CAPTIONED = {block.caption: block.text for block in BLOCKS if block.caption}
(SEEN,) = (block.text for block in BLOCKS if block.language == "text")


def test_the_run(tmp_path: Path) -> None:
    """The file, forwarded as shown, is on the channel as shown, with the summary."""
    (tmp_path / "agent.jsonl").write_text(CAPTIONED["agent.jsonl"])
    command = CAPTIONED["run"].removeprefix("$ ailoop ").split()
    with running_daemon() as daemon:
        done = subprocess.run(
            [*AILOOP, *command],
            cwd=tmp_path,
            capture_output=True,
            timeout=PATIENCE,
            env=environment({"AILOOP_SERVER": daemon.rest}),
            check=True,
        )
        api = Api(daemon.rest)
        messages = api.messages("tests")
        api.close()
    assert orjson.loads(done.stdout) == orjson.loads(CAPTIONED["summary"])
    rows = [(one["content"], one["metadata"]["kind"]) for one in messages]
    assert SEEN.splitlines() == [
        f"{content['priority']:<7} {kind:<12} {content['text']}" for content, kind in rows
    ]
    assert messages[-1]["metadata"] == orjson.loads(CAPTIONED["metadata"])


def test_every_kind_is_explained() -> None:
    """The table has a row for each kind there is."""
    table = (DOCS / "forward.rst").read_text().partition("* - Kind")[2].partition("--skip")[0]
    named = {
        name
        for row in re.findall(r"\* - (``.*)", table)
        for name in re.findall(r"``(\w+)``", row)
    }
    assert named == {kind.value for kind in Kind}
