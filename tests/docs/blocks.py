"""The code blocks of a page of the documentation, as data."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from attrs import frozen

__all__ = ["DOCS", "Block", "read_blocks"]

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_HEAD = re.compile(r"^\.\. code-block:: (\w+)\n((?:   :\w+:.*\n)*)\n", re.MULTILINE)
_CAPTION = re.compile(r":caption: (.*)")


@frozen
class Block:
    """A ``code-block`` of a page."""

    page: str
    line: int
    language: str
    caption: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_blocks(page: str) -> list[Block]:
    """Return a page's blocks in their order."""
    source = (DOCS / page).read_text()
    blocks = []
    for head in _HEAD.finditer(source):
        body = []
        for line in source[head.end() :].splitlines():
            if line and not line.startswith("   "):
                break
            body.append(line)
        caption = _CAPTION.search(head[2])
        text = textwrap.dedent("\n".join(body)).strip() + "\n"
        number = source.count("\n", 0, head.end()) + 1
        blocks.append(Block(page, number, head[1], caption[1].strip() if caption else "", text))
    return blocks
