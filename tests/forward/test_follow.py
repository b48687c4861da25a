"""Files that others write, truncate, rename and make anew, and lines of any size."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from ailoop.forward import source
from ailoop.forward.lines import LineSplitter
from ailoop.forward.position import BadPositionError, Place, PositionFile
from ailoop.forward.source import Began, follow_file, read_file
from tests.serving import until


@pytest.fixture(autouse=True)
def _no_long_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LOOK_SECONDS", 0.001)


class Reader:
    """Follows a file in the background."""

    def __init__(self, nursery: trio.Nursery, path: Path, begin: Any = None) -> None:
        self.lives: list[bytes] = []
        """What was read, since each begin of a file."""
        self.places: list[Place | None] = []
        nursery.start_soon(self._read, path, begin)

    async def _read(self, path: Path, begin: Any) -> None:
        async for piece in follow_file(path, begin):
            if isinstance(piece, Began):
                self.lives.append(b"")
                self.places.append(piece.place)
            else:
                self.lives[-1] += piece

    async def sees(self, *lives: bytes) -> None:
        await until(lambda: self.lives == [*lives])


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


async def test_a_file_that_comes_and_grows(tmp_path: Path, nursery: trio.Nursery) -> None:
    """It is waited for, and what is added to it is read."""
    path = tmp_path / "log"
    reader = Reader(nursery, path)
    await trio.testing.wait_all_tasks_blocked()  # it has looked, and found nothing
    add(path, b"one\n")
    await reader.sees(b"one\n")
    add(path, b"two\n")
    await reader.sees(b"one\ntwo\n")


async def test_truncation(tmp_path: Path, nursery: trio.Nursery) -> None:
    """A file that is shorter than what was read of it has begun anew."""
    path = tmp_path / "log"
    add(path, b"one\ntwo\n")
    reader = Reader(nursery, path)
    await reader.sees(b"one\ntwo\n")
    path.write_bytes(b"new\n")
    await reader.sees(b"one\ntwo\n", b"new\n")


async def test_rotation(tmp_path: Path, nursery: trio.Nursery) -> None:
    """Of the old file the rest is read, also what is written after the renaming."""
    path, old = tmp_path / "log", tmp_path / "log.1"
    add(path, b"one\n")
    reader = Reader(nursery, path)
    await reader.sees(b"one\n")
    path.rename(old)
    add(old, b"late\n")
    await reader.sees(b"one\nlate\n")
    add(old, b"later\n")
    add(path, b"two\n")
    await reader.sees(b"one\nlate\nlater\n", b"two\n")


async def test_who_writes_the_old_file_a_moment_longer(
    tmp_path: Path, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it gets after the new one is there is read before the new one."""
    path, old = tmp_path / "log", tmp_path / "log.1"
    is_replaced = source._is_replaced

    def look(descriptor: int, name: Path) -> bool:
        found = is_replaced(descriptor, name)
        if found:
            add(old, b"last\n")
        return found

    add(path, b"one\n")
    reader = Reader(nursery, path)
    await reader.sees(b"one\n")
    monkeypatch.setattr(source, "_is_replaced", look)
    path.rename(old)
    add(path, b"two\n")
    await reader.sees(b"one\nlast\n", b"two\n")


async def test_a_named_pipe(tmp_path: Path, nursery: trio.Nursery) -> None:
    """It is read until nobody writes it any more; nobody has to be there first."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    seen: list[bytes] = []

    async def read() -> None:
        seen.extend([piece async for piece in read_file(path) if isinstance(piece, bytes)])
        seen.append(b"end")

    nursery.start_soon(read)
    await trio.testing.wait_all_tasks_blocked()
    await trio.to_thread.run_sync(path.write_bytes, b"through\n")
    await until(lambda: seen == [b"through\n", b"end"])


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """It is an error of the reader, not an end."""
    with pytest.raises(IsADirectoryError):
        async for _ in read_file(tmp_path):
            pass


def begun(position: PositionFile, path: Path) -> Place:
    with path.open("rb") as file:
        return position.begin(file.fileno())


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        (lambda path: None, True),
        (lambda path: add(path, b"more\n"), True),
        (lambda path: path.write_bytes(b"one\n"), False),
        (lambda path: path.write_bytes(b"eno\nowt\nthree\n"), False),
        (lambda path: (path.rename(path.with_name("x")), path.write_bytes(b"other\n")), False),
    ],
    ids=["same", "grown", "shorter", "rewritten", "renamed"],
)
def test_positions(tmp_path: Path, change: Callable[[Path], object], stays: bool) -> None:
    """A file goes on where it ended if it is the same by name, number, size and begin."""
    path, state = tmp_path / "log", tmp_path / "state"
    add(path, b"one\ntwo\nthree\n")
    first = PositionFile(state)
    place = begun(first, path)
    first.read(place, path.read_bytes())
    first.save(Place(place.life, 8))
    change(path)
    again = begun(PositionFile(state), path)
    assert (again == Place(place.life, 8)) is stays
    assert stays or (again.offset == 0 and again.life != place.life)


def test_a_life_is_known_before_its_first_acknowledgement(tmp_path: Path) -> None:
    """Who is killed at the very begin makes the same ids again."""
    path, state = tmp_path / "log", tmp_path / "state"
    add(path, b"one\n")
    assert begun(PositionFile(state), path) == begun(PositionFile(state), path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"offset": 1}', b"\xff"])
def test_no_position(tmp_path: Path, content: bytes) -> None:
    """A file that holds something else is not written over."""
    state = tmp_path / "state"
    state.write_bytes(content)
    with pytest.raises(BadPositionError, match="holds no position"):
        PositionFile(state)
    assert state.read_bytes() == content


def test_the_position_is_json(tmp_path: Path) -> None:
    """It says where: for a person who wonders."""
    path, state = tmp_path / "log", tmp_path / "state"
    add(path, b"one\n")
    begun(PositionFile(state), path)
    assert orjson.loads(state.read_bytes())["offset"] == 0
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda data: data.replace(b"\n", b""))),
    rest=st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"")),
    sizes=st.lists(st.integers(1, 9), min_size=1),
    longest=st.integers(1, 12),
)
def test_lines(lines: list[bytes], rest: bytes, sizes: list[int], longest: int) -> None:
    """However it comes in pieces: each line once, with its place; long ones by size alone."""
    whole = b"".join(line + b"\n" for line in lines) + rest
    splitter = LineSplitter(100, longest)
    found = []
    at = turn = 0
    while at < len(whole):
        size = sizes[turn % len(sizes)]
        found += splitter.feed(whole[at : at + size])
        assert len(splitter._held) <= longest
        at, turn = at + size, turn + 1
    last = splitter.rest()
    found += [last] if last else []
    given_lines = [*lines, *([rest] if rest else [])]
    assert [one.data for one in found] == [
        line if len(line) <= longest else None for line in given_lines
    ]
    assert [one.size for one in found] == [len(line) for line in given_lines]
    ends = [one.end for one in found]
    assert ends == sorted(ends)
    assert not found or ends[-1] == 100 + len(whole)
