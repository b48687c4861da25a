"""``ailoop journal``: every command on a file that a real daemon has written and left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from tests.cli.commands import ailoop
from tests.cli.hostile import HOSTILE, unsafe
from tests.cli.journals import export_of, on_file, run
from tests.cli.terminal import on_terminal
from tests.daemon.api import Api
from tests.daemon.process import running_daemon


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that a daemon has written, with an open prompt, and left."""
    file = tmp_path_factory.mktemp("journal") / "j.db"
    with running_daemon(*on_file(file)) as daemon, closing(Api(daemon.rest)) as api:
        prompt = api.request_permission("deploys", "deploy")
        api.respond(prompt, response_type="authorization_approved", responder="ann")
        api.ask("docs", HOSTILE)
    return file


def spoil(path: Path) -> int:
    """Change a byte of the first message, and return its number."""
    with closing(sqlite3.connect(path)) as connection, connection:
        (seq,) = connection.execute("SELECT min(seq) FROM entries").fetchone()
        connection.execute(
            "UPDATE entries SET message = CAST(replace(message, 'deploy\"', 'deploY\"') "
            "AS BLOB) WHERE seq = ?",
            (seq,),
        )
    return int(seq)


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    run("backup", path, tmp_path / "copy.db")
    return tmp_path / "copy.db"


# -- at rest --------------------------------------------------------------------------------


def test_stats(path: Path) -> None:
    """A table for people; as JSON all figures with the sizes and the version."""
    head, *rows, last = run("stats", path).stdout.splitlines()
    assert head.split()[:3] == ["channel", "messages", "bytes"]
    assert [(row.split()[0], row.split()[1], row.split()[-1]) for row in rows] == [
        ("deploys", "2", "0"),
        ("docs", "1", "1"),
    ]
    assert len({len(line) for line in (head, *rows)}) == 1
    assert last.endswith("schema version 1")
    told = orjson.loads(run("stats", path, "--json").stdout)
    assert told["schema_version"] == 1
    assert told["file_bytes"] >= path.stat().st_size > 0
    assert "wal_bytes" in told
    assert [one["messages"] for one in told["channels"]] == [2, 1]
    entries = export_of(path)
    assert told["channels"][0]["oldest"][:19] == entries[0]["message"]["timestamp"][:19]


def test_export(path: Path, tmp_path: Path) -> None:
    """The same to standard output and to a file, which is new and private."""
    target = tmp_path / "all.jsonl"
    assert run("export", path, "-o", target).stdout == ""
    assert target.stat().st_mode & 0o777 == 0o600
    entries = export_of(path)
    assert [orjson.loads(line) for line in target.read_text().splitlines()] == entries
    assert [entry["channel"] for entry in entries] == ["deploys", "deploys", "docs"]
    assert entries[2]["message"]["content"]["text"] == HOSTILE
    only = run("export", path, "-c", "docs").stdout
    assert [orjson.loads(line) for line in only.splitlines()] == entries[2:]
    assert "not overwritten" in run("export", path, "-o", target, code=2).stderr


def test_import(path: Path, tmp_path: Path) -> None:
    """What was exported is the same in another file; a second time it is all known."""
    lines, other = tmp_path / "all.jsonl", tmp_path / "other.db"
    run("export", path, "-o", lines)
    assert run("import", lines, other).stdout == "imported 3, skipped 0 known before\n"
    assert export_of(other) == export_of(path)
    assert other.stat().st_mode & 0o777 == 0o600
    assert run("import", lines, other).stdout == "imported 0, skipped 3 known before\n"
    assert run("verify", other).stdout == "fine: 2 channels, 3 entries, 2 prompts\n"


def test_import_from_a_pipe(path: Path, tmp_path: Path) -> None:
    """``-`` reads standard input."""
    lines = run("export", path).stdout
    done = ailoop("journal", "import", "-", str(tmp_path / "other.db"), typed=lines)
    assert (done.returncode, done.stdout) == (0, "imported 3, skipped 0 known before\n")


def test_import_of_a_bad_line(path: Path, tmp_path: Path) -> None:
    """One line that names it, exit 1, and nothing imported."""
    lines, other = tmp_path / "all.jsonl", tmp_path / "other.db"
    lines.write_text(run("export", path).stdout + "{}\n")
    done = run("import", lines, other, code=1)
    assert done.stderr == "ailoop: line 4: seq is missing\n"
    assert export_of(other) == []
    assert "No such file" in run("import", tmp_path / "none", other, code=2).stderr


def test_an_imported_prompt_is_still_open(path: Path, tmp_path: Path) -> None:
    """A daemon on the imported file asks it again, and it can be answered."""
    lines, other = tmp_path / "all.jsonl", tmp_path / "other.db"
    run("export", path, "-o", lines)
    run("import", lines, other)
    with running_daemon(*on_file(other)) as daemon, closing(Api(daemon.rest)) as api:
        (item,) = api.pending("docs")
        assert api.respond(item["message_id"], answer="blue").status_code == 200
    assert "fine" in run("verify", other).stdout


def test_compact(copy: Path) -> None:
    """The sizes before and after, and the same entries."""
    entries = export_of(copy)
    before, after = run("compact", copy).stdout.splitlines()
    assert before.startswith("before: ")
    assert after == f"after: {copy.stat().st_size} bytes, write-ahead log 0 bytes"
    assert export_of(copy) == entries


def test_verify(path: Path, copy: Path) -> None:
    """Fine is exit 0 with the counts; a problem is exit 1 and a line with its place."""
    assert run("verify", path).stdout == "fine: 2 channels, 3 entries, 2 prompts\n"
    told = orjson.loads(run("verify", path, "--json").stdout)
    assert told == {"fine": True, "channels": 2, "entries": 3, "prompts": 2, "problems": []}
    seq = spoil(copy)
    (line,) = run("verify", copy, code=1).stdout.splitlines()
    assert line.startswith(f"deploys {seq}: it was changed")
    told = orjson.loads(run("verify", copy, "--json", code=1).stdout)
    assert not told["fine"]
    assert [(one["channel"], one["seq"]) for one in told["problems"]] == [("deploys", seq)]


def test_backup(path: Path, tmp_path: Path) -> None:
    """A private copy that is whole; what is there already is never overwritten."""
    target = tmp_path / "copy.db"
    assert run("backup", path, target).stdout == f"{target}: {target.stat().st_size} bytes\n"
    assert target.stat().st_mode & 0o777 == 0o600
    assert export_of(target) == export_of(path)
    before = target.read_bytes()
    assert "exists; it is not overwritten" in run("backup", path, target, code=2).stderr
    assert target.read_bytes() == before


# -- what cannot be used --------------------------------------------------------------------

READERS = [("stats",), ("export",), ("verify",), ("compact",), ("backup", "target.db")]


@pytest.mark.parametrize("kind", ["nothing", "text", "other"])
@pytest.mark.parametrize("command", READERS, ids=lambda command: command[0])
def test_no_journal(command: tuple[str, ...], kind: str, tmp_path: Path) -> None:
    """No file, no database, somebody else's: one line, exit 2, untouched, and no file made."""
    path = tmp_path / "x.db"
    if kind == "text":
        path.write_text("no database " * 100)
    if kind == "other":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes() if path.exists() else None
    name, *targets = command
    done = run(name, path, *(tmp_path / target for target in targets), code=2)
    assert done.stdout == ""
    assert done.stderr.startswith("ailoop: ")
    assert done.stderr.count("\n") == 1
    assert (path.read_bytes() if path.exists() else None) == before
    assert not (tmp_path / "target.db").exists()


def test_a_name_is_shown_clean(tmp_path: Path) -> None:
    """A file's name does not act on the terminal."""
    env = {"NO_COLOR": "1"}
    with on_terminal("journal", "stats", f"{tmp_path}/{HOSTILE[:20]}", env=env) as terminal:
        assert terminal.wait() == 2
        assert "there is no journal" in terminal.screen
        assert unsafe(terminal.raw) == []


@pytest.mark.parametrize("command", [("journal", "export"), ("audit",), ("audit", "--json")])
def test_what_is_in_it_is_shown_clean(path: Path, command: tuple[str, ...]) -> None:
    """Nor does a text in it."""
    with on_terminal(*command, str(path), env={"NO_COLOR": "1"}) as terminal:
        assert terminal.wait() == 0
        assert "seen" in terminal.screen
        assert unsafe(terminal.raw) == []
