"""What a daemon does not take for its journal: it says so in one line, and leaves it alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemon.process import run_serve, running_daemon
from tests.journal.filled import CHANNELS, fill, opened

PAGE = 4096


def serve(path: Path, *flags: str) -> str:
    """Start a daemon that is to refuse; return the one line it says."""
    ended = run_serve(
        "--ws-port", "0", "--rest-port", "0", "--journal", f"sqlite:{path}", *flags
    )
    assert ended.returncode == 3
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert str(path) in line
    return line


def everything(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files, but for the lock, which is empty."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".lock"}


def overwrite(path: Path, place: int, data: bytes) -> None:
    """Damage a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


@pytest.fixture
async def journal(tmp_path: Path) -> Path:
    """Provide a journal with something in it."""
    path = tmp_path / "journal"
    await fill(path)
    return path


async def test_a_later_schema(journal):
    """A file of a later version is refused, with both versions."""
    with opened(journal) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = everything(journal.parent)
    assert "schema version 99, this ailoop knows up to 1" in serve(journal)
    assert everything(journal.parent) == before


def test_a_database_of_something_else(tmp_path):
    """Another program's SQLite file is refused, in whatever mode it is."""
    path = tmp_path / "photos"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    before = everything(tmp_path)
    assert "a SQLite database of something else" in serve(path)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("data", [b"Dear diary, " * 1000, b"x"])
def test_a_file_that_is_no_database(tmp_path, data):
    """Any other file is refused."""
    path = tmp_path / "diary"
    path.write_bytes(data)
    assert "is damaged (file is not a database); it was left as it is" in serve(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("page", ["first", "others"])
async def test_a_damaged_file(journal, page):
    """Damage that SQLite finds, at once or while the log is read, is told; nothing changes."""
    places = [100] if page == "first" else range(PAGE, journal.stat().st_size, PAGE)
    for place in places:
        overwrite(journal, place, b"\xee" * 64)
    before = everything(journal.parent)
    line = serve(journal)
    assert "is damaged (database disk image is malformed); it was left as it is" in line
    assert "Restore a backup, or move it away" in line
    assert everything(journal.parent) == before


async def test_a_message_that_cannot_be_read(journal):
    """A prompt or a response of which SQLite notices nothing is not taken for refused."""
    with opened(journal) as connection:
        connection.execute("UPDATE entries SET message = x'7b' WHERE prompt")
        rows = connection.execute("SELECT * FROM entries").fetchall()
    line = serve(journal)
    assert f"of channel {CHANNELS[0]} cannot be read" in line or CHANNELS[1] in line
    with opened(journal) as connection:
        assert connection.execute("SELECT * FROM entries").fetchall() == rows


def test_no_such_folder(tmp_path):
    """A path that cannot be opened is told with the system's reason."""
    assert "No such file or directory" in serve(tmp_path / "no" / "journal")
    assert "Is a directory" in serve(tmp_path)


def test_a_second_daemon(tmp_path):
    """Of two daemons on one file the second does not start; the first serves on."""
    path = tmp_path / "journal"
    with running_daemon("--journal", f"sqlite:{path}") as first:
        assert "is in use by another process; stop it, or use another file" in serve(path)
        assert first.popen.poll() is None
        first.kill()
        with running_daemon("--journal", f"sqlite:{path}"):
            pass


def test_the_variable_names_the_journal(tmp_path):
    """AILOOP_JOURNAL is the flag's equal."""
    path = tmp_path / "journal"
    with running_daemon(env={"AILOOP_JOURNAL": f"sqlite:{path}"}):
        assert path.exists()


@pytest.mark.parametrize("value", ["sqlite", "sqlite:", "postgres:x", "", "memory:x"])
def test_a_journal_that_is_none(value):
    """Other values are refused with what is possible."""
    ended = run_serve("--journal", value)
    assert ended.returncode == 2
    assert f"journal is memory or sqlite:PATH, not {value!r}" in ended.stderr


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--journal-synchronous", "off", "journal_synchronous is one of full, normal"),
        ("--journal-retention", "a:messages=few", "a:messages=few"),
        ("--journal-retention", ":messages=1", "without a pattern"),
        ("--journal-retention", "a", "without a pattern or a bound"),
        ("--journal-retention", "a:seconds=-1", "a:seconds=-1"),
        ("--journal-pause-seconds", "0", "journal_pause_seconds"),
    ],
)
def test_settings_that_are_none(flag, value, words):
    """Each setting of the journal is checked, and named when it is wrong."""
    ended = run_serve("--journal", "sqlite:never-made", flag, value)
    assert ended.returncode == 2
    assert words in ended.stderr
