"""Settings as ``ailoop serve`` takes them from a real command line, environment and folder."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.daemon.process import run_serve


def test_every_source(tmp_path: Path) -> None:
    """Flag over variable over the ``ailoop.toml`` of the folder it is started in."""
    (tmp_path / "ailoop.toml").write_text("ws_port = 1\nrest_port = 1\nmax_feeds = 1\n")
    env = {"AILOOP_WS_PORT": "2", "AILOOP_REST_PORT": "2"}
    done = run_serve("--ws-port", "3", "--print-config", env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    printed = tomllib.loads(done.stdout)
    assert (printed["ws_port"], printed["rest_port"], printed["max_feeds"]) == (3, 2, 1)


def test_a_file_named_by_the_environment(tmp_path: Path) -> None:
    """``AILOOP_CONFIG`` names the file, and ``--config`` wins over it."""
    for number in (1, 2):
        (tmp_path / f"{number}.toml").write_text(f"ws_port = {number}\n")
    env = {"AILOOP_CONFIG": str(tmp_path / "1.toml")}
    done = run_serve("--print-config", env=env)
    assert tomllib.loads(done.stdout)["ws_port"] == 1
    done = run_serve("--config", str(tmp_path / "2.toml"), "--print-config", env=env)
    assert tomllib.loads(done.stdout)["ws_port"] == 2


@pytest.mark.parametrize(
    ("flags", "ports"),
    [
        (("-p", "9000"), (9000, 9001)),
        (("--port", "0"), (0, 0)),
        (("-p", "9000", "--rest-port", "7"), (9000, 7)),
    ],
    ids=["both", "free", "overridden"],
)
def test_the_earlier_form_of_the_ports(
    tmp_path: Path, flags: tuple[str, ...], ports: tuple[int, int]
) -> None:
    """``-p N`` is ``--ws-port N --rest-port N+1``, 0 is any for both; exact flags win."""
    printed = tomllib.loads(run_serve(*flags, "--print-config", cwd=tmp_path).stdout)
    assert (printed["ws_port"], printed["rest_port"]) == ports


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--ws-port", "70000"), "ws_port"),
        (("-p", "65535"), "rest_port"),
        (("--journal", "sqlite"), "journal"),
        (("--grace-seconds", "0"), "grace_seconds"),
        (("--config", "missing.toml"), "missing.toml"),
    ],
    ids=["port", "next port", "journal", "grace", "file"],
)
def test_a_bad_setting(tmp_path: Path, flags: tuple[str, ...], named: str) -> None:
    """Exit 2 with one line on stderr that names the setting, and no traceback."""
    done = run_serve(*flags, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ailoop: ")
    assert done.stderr.count("\n") == 1
    assert named in done.stderr


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"wsport = 1\n", "wsport"), (b"ws_port =\n", "line 1"), (b"\xff\xfe\n", "UTF-8")],
    ids=["unknown key", "no TOML", "no UTF-8"],
)
def test_a_bad_file(tmp_path: Path, content: bytes, named: str) -> None:
    """Exit 2, and the line names the file and what is wrong in it."""
    (tmp_path / "ailoop.toml").write_bytes(content)
    done = run_serve("--print-config", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "ailoop.toml" in done.stderr
    assert named in done.stderr


def test_a_variable_that_is_no_setting_is_ignored() -> None:
    """Other programs' variables, and those of the commands, do not stop the daemon."""
    env = {"AILOOP_SERVER": "http://127.0.0.1:1", "AILOOP_USER": "ada", "AILOOP_X": "y"}
    assert run_serve("--print-config", env=env).returncode == 0
