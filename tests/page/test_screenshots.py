"""The screenshots of the documentation can be made again at any time."""

from __future__ import annotations

import struct
import subprocess
import sys

from tests.daemon.process import environment
from tests.docs.blocks import DOCS
from tests.page.posting import IN_BROWSER

pytestmark = IN_BROWSER


def test_the_script_makes_them(tmp_path):
    """As many as are kept, of the same sizes; and those that are kept are small files."""
    script = [sys.executable, str(DOCS / "screenshots.py"), str(tmp_path)]
    subprocess.run(script, check=True, timeout=50, env=environment())
    kept = DOCS / "screenshots"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(path.name for path in kept.glob("web-*.png"))
    for name in names:
        assert size_of(tmp_path / name) == size_of(kept / name)
        assert (kept / name).stat().st_size < 150_000


def size_of(path) -> tuple[int, int]:
    """Return width and height of a PNG."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    return struct.unpack(">II", data[16:24])
