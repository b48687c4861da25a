"""The file of API keys: what it holds, who may change it, and when that takes effect."""

from __future__ import annotations

import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from ailoop.access.identity import Identity
from ailoop.access.keys import KeyFile, KeyFileError

HOUR = 3600


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    """Return a file of keys that does not exist yet."""
    return KeyFile(tmp_path / "deep" / "keys.json")


async def test_a_key(file: KeyFile) -> None:
    """A key has 256 random bits and is known again; the file does not tell what it is."""
    key, made = file.create("ann", ["human:*"])
    other, _ = file.create("ann", ["human:*"])
    assert key != other
    prefix, id_, secret = key.split("_", 2)
    assert (prefix, id_, len(secret)) == ("ailoop", made.id, 43)
    identity = await file.identify(key)
    assert identity is not None
    assert (identity.name, identity.grants, identity.holds) == ("ann", made.grants, True)
    assert secret not in file._path.read_text()
    assert stat.S_IMODE(file._path.stat().st_mode) == 0o600
    assert secret not in repr(made)


async def test_what_is_no_key(file: KeyFile) -> None:
    """A changed, cut or foreign key stands for nobody."""
    key, made = file.create("ann", ["human:*"])
    swapped = key[:-1] + ("A" if key[-1] != "A" else "B")
    foreign = key.replace(made.id, "zzzzzzzz")
    for wrong in (
        "",
        "x",
        key[:-1],
        key + "x",
        swapped,
        foreign,
        key.upper(),
        f" {key}",
        f"{key}\n",
    ):
        assert await file.identify(wrong) is None


async def test_expiry_and_revocation(file: KeyFile) -> None:
    """A key is good until its time, or until it is revoked, and stays listed."""
    (short, _), (gone, made) = file.create("a", ["human:*"], -1), file.create("b", ["human:*"])
    identity = await file.identify(gone)
    file.revoke(made.id)
    file._looked_at = -1e9
    assert identity is not None
    assert not identity.holds
    assert await file.identify(short) is None
    assert await file.identify(gone) is None
    assert [key.state(time.time()) for key in file.listed()] == ["expired", "revoked"]
    key, made = file.create("c", ["human:*"])
    file.expire(made.id, HOUR)
    identity = await file.identify(key)
    assert identity is not None
    assert identity.expires_at == pytest.approx(time.time() + HOUR, abs=60)
    for change in (file.revoke, lambda id_: file.expire(id_, 1)):
        with pytest.raises(ValueError, match="no key 'nobody'"):
            change("nobody")


async def test_another_process_changes_the_file(file: KeyFile) -> None:
    """What somebody else has changed takes effect without being told."""
    key, made = file.create("ann", ["human:*"])
    assert isinstance(await file.identify(key), Identity)
    other = KeyFile(file._path)
    new, _ = other.create("bob", ["observer:*"])
    assert (await file.identify(new)).name == "bob"  # type: ignore[union-attr]
    other.revoke(made.id)
    assert await file.identify(key) is None


def test_many_change_it_at_once(file: KeyFile) -> None:
    """Of keys made at the same time none is lost."""
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: file.create(f"n{n}", ["agent:*"])[1].id, range(40)))
    assert {key.id for key in file.listed()} == ids
    assert len(ids) == 40


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b'{"keys": 5}', b'{"keys": [{}]}', b'{"keys": [5]}', b"\xff",
     b'{"keys": [{"id": "a", "name": "n", "hash": 5, "grants": ["human:*"], "created_at": 1}]}',
     b'{"keys": [{"id": "a", "name": "", "hash": "", "grants": ["boss:*"], "created_at": 1}]}',
     b'{"keys": [{"id": "a", "name": "n", "hash": "h", "grants": [5], "created_at": 1}]}',
     b'{"keys": [{"id": "a", "name": "n", "hash": "h", "grants": [], "created_at": 1}]}'],
)  # fmt: skip
async def test_a_damaged_file(file: KeyFile, text: bytes) -> None:
    """It is said what is wrong, nothing is overwritten, and the keys from before go on."""
    key, _ = file.create("ann", ["human:*"])
    await file.identify(key)
    file._path.write_bytes(text)
    with pytest.raises(KeyFileError, match=r"keys\.json"):
        file.create("bob", ["human:*"])
    assert file._path.read_bytes() == text
    assert await file.identify(key) is not None
    assert "keys.json" in (file.fault or "")


def test_names(file: KeyFile) -> None:
    """A name is a line of at most 100 characters."""
    for wrong in ("", "a\nb", "\x1b[31m", "x" * 101, "a\x7f"):
        with pytest.raises(ValueError, match="1 to 100 characters"):
            file.create(wrong, ["human:*"])
    file.create("Ann Müller <ann@example.org>", ["human:*"])
    assert orjson.loads(file._path.read_bytes())["keys"][0]["name"].startswith("Ann M")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """What the system says is passed on."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(KeyFileError, match="cannot use"):
        KeyFile(tmp_path / "taken" / "keys.json").create("a", ["human:*"])
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


async def test_enumeration_by_timing(file: KeyFile) -> None:
    """A wrong secret of a key that is there costs the same work as that of one that is not."""
    key, made = file.create("ann", ["human:*"])
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    await file.identify(wrong)  # reads the file
    work = []
    for guess in (wrong, wrong.replace(made.id, "zzzzzzzz")):
        calls: list[str] = []

        def note(_: object, event: str, argument: object, calls: list[str] = calls) -> None:
            calls.append(f"{event} {getattr(argument, '__name__', '')}")

        sys.setprofile(note)
        try:
            known = await file.identify(guess)
        finally:
            sys.setprofile(None)
        assert known is None
        work.append(calls)
    assert work[0] == work[1]
