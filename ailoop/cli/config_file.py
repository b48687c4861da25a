"""Files of other programs: read so that nothing in them gets lost, and written as a whole."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

__all__ = ["dump", "load", "write_whole"]


def load(text: str) -> Any:
    """Read JSON, of which nothing may get lost when it is written again.

    :raises ValueError: it is none, such as with comments in it; or a member is there twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def dump(value: Any, indent: str = "  ") -> str:
    """Write JSON as people keep it."""
    return json.dumps(value, indent=indent, ensure_ascii=False) + "\n"


def write_whole(path: Path, text: str) -> Path | None:
    """Write a file in one step; return where the earlier one is kept, if there was one.

    It may hold secrets: at no time may others read more of it than they could before.

    :raises OSError: it is as it was.
    """
    target = path.resolve()  # the file itself, where the path is a link to it
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if target.exists():
        kept = _unused(target)
        shutil.copy2(target, kept)
    with NamedTemporaryFile(
        "w", dir=target.parent, prefix=f".{target.name}.", delete=False, encoding="utf-8"
    ) as new:
        try:
            new.write(text)
            new.flush()
            mode = target.stat().st_mode & 0o777 if kept else 0o666 & ~_umask()
            Path(new.name).chmod(mode)
            Path(new.name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(new.name).unlink()
            raise
    return kept


def _unused(target: Path) -> Path:
    """Return a name beside a file that is not taken."""
    number = 0
    while os.path.lexists(name := target.with_name(f"{target.name}.bak{number or ''}")):
        number += 1
    return name


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
