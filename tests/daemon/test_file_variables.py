"""Settings that a file holds which a variable names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from attrs import fields

from ailoop.daemon import DaemonError, Settings, load_settings
from tests.daemon.process import run_serve


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file and no variable but those of the test."""
    monkeypatch.chdir(tmp_path)
    for one in fields(Settings):
        for ending in ("", "_FILE"):
            monkeypatch.delenv(f"AILOOP_{one.name.upper()}{ending}", raising=False)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["bare", "line", "dos"])
def test_what_the_file_holds(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value is the text, of any kind of setting, without one line end."""
    for name, text in (
        ("ws_port", "7"),
        ("host", "::1"),
        ("allowed_origins", "http://a,http://b"),
    ):
        (tmp_path / name).write_bytes(f"{text}{end}".encode())
        monkeypatch.setenv(f"AILOOP_{name.upper()}_FILE", name)
    wanted = Settings(ws_port=7, host="::1", allowed_origins=("http://a", "http://b"))
    assert load_settings({}) == wanted


def test_it_is_a_variable_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag wins over it, and it wins over the settings file."""
    Path("ailoop.toml").write_text("ws_port = 1\nrest_port = 1\n")
    Path("port").write_text("2\n")
    monkeypatch.setenv("AILOOP_WS_PORT_FILE", "port")
    monkeypatch.setenv("AILOOP_REST_PORT_FILE", "port")
    assert load_settings({"ws_port": "3"}) == Settings(ws_port=3, rest_port=2)


def test_a_setting_that_is_a_path_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is not read: what is in it belongs to whoever uses it, and in no sentence."""
    Path("keys").write_text("secret")
    monkeypatch.setenv("AILOOP_AUTH_KEYS_FILE", "keys")
    assert load_settings({}).auth_keys == "keys"


def test_every_setting_that_is_a_path_says_so() -> None:
    """Whoever adds a setting that names a file has to make it one of these."""
    named = {
        one.name
        for one in fields(Settings)
        if one.metadata["help"].startswith(("File ", "PEM file "))
    }
    assert named == {one.name for one in fields(Settings) if one.metadata["path"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read 'it': No such file or directory"),
        (b"\xff", "'it' is not UTF-8"),
        (b"1" * (64 * 1024 + 1), "'it' is longer than 65536 bytes"),
    ],
    ids=["missing", "binary", "long"],
)
def test_a_file_of_no_use(
    content: bytes | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the variable and the file."""
    if content is not None:
        Path("it").write_bytes(content)
    monkeypatch.setenv("AILOOP_WS_PORT_FILE", "it")
    with pytest.raises(DaemonError) as raised:
        load_settings({})
    assert str(raised.value) == f"AILOOP_WS_PORT_FILE: {said}"


def test_a_folder_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is a file, nor is a name that no file can have."""
    for path, why in (("", "No such file"), (".", "Is a directory")):
        monkeypatch.setenv("AILOOP_WS_PORT_FILE", path)
        with pytest.raises(DaemonError, match=f"^AILOOP_WS_PORT_FILE: cannot read .*{why}"):
            load_settings({})


def test_both_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two was meant nobody can tell."""
    Path("port").write_text("2")
    monkeypatch.setenv("AILOOP_WS_PORT", "2")
    monkeypatch.setenv("AILOOP_WS_PORT_FILE", "port")
    with pytest.raises(
        DaemonError, match="AILOOP_WS_PORT and AILOOP_WS_PORT_FILE are both set"
    ):
        load_settings({})


def test_a_bad_value_names_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wherever else it could have come from."""
    Path("port").write_text("many")
    monkeypatch.setenv("AILOOP_WS_PORT_FILE", "port")
    with pytest.raises(DaemonError, match=r"^bad setting: .*ws_port"):
        load_settings({})


def test_a_real_daemon(tmp_path: Path) -> None:
    """It takes them, and exits with 2 and one line where it cannot."""
    (tmp_path / "port").write_text("7\n")
    done = run_serve("--print-config", env={"AILOOP_WS_PORT_FILE": str(tmp_path / "port")})
    assert tomllib.loads(done.stdout)["ws_port"] == 7
    done = run_serve(env={"AILOOP_WS_PORT_FILE": str(tmp_path / "missing")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ailoop: AILOOP_WS_PORT_FILE: cannot read ")
    assert done.stderr.count("\n") == 1
