"""What the page of the sidecar says holds: its files, its figures, its errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.daemon.process import run_serve
from tests.docs.blocks import DOCS, read_blocks

BLOCKS = [one for one in read_blocks("sidecar.rst") if one.language == "yaml"]


def test_the_compose_file_fits(tmp_path: Path) -> None:
    """The one to copy fits the schema of the Compose specification."""
    (block,) = [one for one in BLOCKS if "services:" in one.text]
    path = tmp_path / "compose.yaml"
    path.write_text(block.text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_piece_is_yaml(block) -> None:
    """What is to be copied can be read."""
    assert isinstance(yaml.safe_load(block.text), dict)


def test_the_figures_add_up() -> None:
    """The parts are the whole, and the whole is not more than the tests allow."""
    table = (DOCS / "sidecar.rst").read_text().partition("MB with gzip")[2]
    rows = re.findall(r"   \* - (.*)\n     - \**([\d.]+)\**\n     - \**([\d.]+)", table)
    *parts, (name, plain, packed) = [(row[0], float(row[1]), float(row[2])) for row in rows]
    assert name == "**all**"
    assert plain == pytest.approx(sum(one[1] for one in parts), rel=0.05)
    assert packed == pytest.approx(sum(one[2] for one in parts), rel=0.05)
    assert packed <= 22


@pytest.mark.parametrize(
    ("flags", "env", "code", "said"),
    [
        ((), {"AILOOP_WS_PORT": "tcp://10.0.0.7:8080"}, 2, "ws_port cannot be 'tcp://"),
        (("--host", "0.0.0.0", "--ws-port", "0"), {}, 3, "insecure"),
    ],
    ids=["service links", "open door"],
)
def test_the_errors_of_the_table(
    flags: tuple[str, ...], env: dict[str, str], code: int, said: str
) -> None:
    """Exit code and words are those that the page tells to look for."""
    done = run_serve(*flags, env=env)
    assert done.returncode == code
    assert said in done.stderr
