#!/usr/bin/env python3
"""Tell how large an image is, and what makes it up: ``measure.py LAYER.tar``.

The layer is that of the last stage, uncompressed, as ``skopeo copy`` writes it to a folder.
"""

from __future__ import annotations

import gzip
import sys
import tarfile
from collections import Counter
from pathlib import Path

__all__ = ["compressed_bytes", "parts"]

_PARTS = {
    "cryptography, with OpenSSL in it": ("/dist-packages/cryptography",),
    "the Python interpreter": ("usr/bin/",),
    "Python's standard library": ("usr/lib/python3",),
    "C libraries: OpenSSL, SQLite, libc": ("usr/lib/", "lib"),
    "ailoop itself, with the page": ("/dist-packages/ailoop",),
    "Python packages": ("/dist-packages/",),
}
_REST = "certificates, licences, bill of materials"


def compressed_bytes(layer: Path) -> int:
    """Return how much travels, as registries usually keep it: gzip, level 6."""
    return len(gzip.compress(layer.read_bytes(), 6, mtime=0))


def parts(layer: Path) -> dict[str, tuple[int, int]]:
    """Return, for each part of an image, its bytes as they are and roughly compressed."""
    plain: Counter[str] = Counter()
    packed: Counter[str] = Counter()
    with tarfile.open(layer) as tar:
        contents: dict[str, list[bytes]] = {}
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)):
                contents.setdefault(_part_of(member.name), []).append(file.read())
    for name, found in contents.items():
        whole = b"".join(found)
        plain[name], packed[name] = len(whole), len(gzip.compress(whole, 6))
    return {name: (plain[name], size) for name, size in packed.most_common()}


def _part_of(path: str) -> str:
    for part, beginnings in _PARTS.items():
        if any(path.startswith(one) or (one[0] == "/" and one in path) for one in beginnings):
            return part
    return _REST


def main() -> None:
    """Print it."""
    layer = Path(sys.argv[1])
    print(f"{'MB':>6} {'gzip':>6}")  # noqa: T201
    for name, (plain, packed) in parts(layer).items():
        print(f"{plain / 1e6:6.1f} {packed / 1e6:6.1f}  {name}")  # noqa: T201
    print(f"{layer.stat().st_size / 1e6:6.1f} {compressed_bytes(layer) / 1e6:6.1f}  all")  # noqa: T201


if __name__ == "__main__":
    main()
