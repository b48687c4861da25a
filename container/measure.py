"""How large an image is, and what makes it up, by its layer as a tar file."""

from __future__ import annotations

import gzip
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
