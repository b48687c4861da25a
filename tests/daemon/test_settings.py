"""Where a setting's value comes from, and what a wrong one is told."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve, fields, resolve_types
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ailoop.cli.serve import serve
from ailoop.daemon import DaemonError, Settings, load_settings
from ailoop.daemon.settings import toml_text

KINDS = {one.name: one.type for one in fields(resolve_types(Settings))}
NAMES = list(KINDS)


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file and no variable but those of the test."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(f"AILOOP_{name.upper()}", raising=False)


def test_flag_over_variable_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source wins over those below it, setting by setting."""
    assert load_settings({}) == Settings()
    Path("ailoop.toml").write_text("ws_port = 1\nrest_port = 1\nhost = '::1'\n")
    monkeypatch.setenv("AILOOP_WS_PORT", "2")
    monkeypatch.setenv("AILOOP_REST_PORT", "2")
    assert load_settings({"ws_port": "3"}) == Settings(ws_port=3, rest_port=2, host="::1")


def test_a_named_file_replaces_the_one_here() -> None:
    """With ``--config`` the ``ailoop.toml`` of this folder is not read."""
    Path("ailoop.toml").write_text("ws_port = 1\nrest_port = 1\n")
    Path("other.toml").write_text("ws_port = 2\n")
    assert load_settings({}, Path("other.toml")) == Settings(ws_port=2)


def test_a_named_file_must_exist() -> None:
    """A file that is asked for and not there is an error, and so is a folder."""
    for path in (Path("missing.toml"), Path()):
        with pytest.raises(DaemonError, match=f"no settings file {path}"):
            load_settings({}, path)


def test_a_list_of_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Origins are separated by commas in flags and variables, and are a list in a file."""
    wanted = ("https://a.example", "http://localhost:3000")
    assert load_settings({"allowed_origins": ",".join(wanted)}).allowed_origins == wanted
    monkeypatch.setenv("AILOOP_ALLOWED_ORIGINS", ",".join(wanted))
    assert load_settings({}).allowed_origins == wanted
    monkeypatch.delenv("AILOOP_ALLOWED_ORIGINS")
    Path("ailoop.toml").write_text(f"allowed_origins = {list(wanted)}\n")
    assert load_settings({}).allowed_origins == wanted


def _is_rate(name: str) -> bool:
    """Whether a setting is a number a second, of which 0 is none at all."""
    return name.startswith("rate_") and not name.endswith("_seconds")


def _bad_values(name: str) -> list[str]:
    """Return texts that are no value of a setting."""
    if KINDS[name] is float:
        zero = "0.0009" if _is_rate(name) else "0"
        return ["", "many", zero, "-1", "nan", "inf", "1e400"]
    if KINDS[name] is int:
        return ["", "many", "-1", "1.5", "70000" if name.endswith("_port") else "0"]
    return ["", "LOUD"] if name in ("journal", "log_level", "log_format", "log_to") else []


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_value_names_its_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever setting it is and wherever it comes from: one line that names it."""
    for value in _bad_values(name):
        with pytest.raises(DaemonError) as from_flag:
            load_settings({name: value})
        monkeypatch.setenv(f"AILOOP_{name.upper()}", value)
        with pytest.raises(DaemonError) as from_variable:
            load_settings({})
        monkeypatch.delenv(f"AILOOP_{name.upper()}")
        for raised in (from_flag, from_variable):
            assert name in str(raised.value)
            assert str(raised.value).startswith("bad setting: ")
            assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("wsport = 1", "wsport"),
        ("[daemon]\nws_port = 1", "daemon"),
        ("ws_port = 'many'", "ws_port"),
        ("ws_port = true", "ws_port"),
        ("max_feeds = 1.5", "max_feeds"),
        ("grace_seconds = true", "grace_seconds"),
        ("host = ['a']", "host"),
        ("allowed_origins = [1]", "allowed_origins"),
        ("log_level = 5", "log_level"),
        ("insecure_no_auth = 2", "insecure_no_auth"),
        ("insecure_no_auth = 'perhaps'", "insecure_no_auth"),
        ("ws_port 1", "line 1"),
    ],
)
def test_a_bad_file_is_told_by_its_line(line: str, named: str) -> None:
    """An unknown key, a value of another type, no TOML at all: one line that names it."""
    Path("ailoop.toml").write_text(f"{line}\n")
    with pytest.raises(DaemonError) as raised:
        load_settings({})
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Two bad values are two names in one line."""
    with pytest.raises(DaemonError, match=r"ws_port.*rest_port"):
        load_settings({"ws_port": "x", "rest_port": "y"})


def _values(name: str) -> st.SearchStrategy[Any]:
    default = getattr(Settings(), name)
    texts = st.text(st.characters(exclude_categories=["Cs"]))
    if name.endswith("_port"):
        return st.integers(0, 65535)
    if name == "journal_retention":
        rules = st.integers(0, 2**60).map(lambda number: f"a-*:messages={number}")
        return st.lists(rules).map(tuple)
    if isinstance(default, tuple):
        return st.lists(texts).map(tuple)
    if isinstance(default, str):
        return texts if name == "host" else st.just(default)
    if KINDS[name] is bool:
        return st.booleans()
    if KINDS[name] is float and _is_rate(name):
        return st.just(0.0) | st.floats(0.001, 1e9)
    if KINDS[name] is float:
        return st.floats(0, 1e9, exclude_min=True)
    return st.integers(1, 10**9 if name.endswith("_seconds") else 2**60)


@settings(max_examples=25)  # each reads a file through all the loaders
@given(st.fixed_dictionaries({name: _values(name) for name in NAMES}))
def test_printed_settings_read_back(values: dict[str, Any]) -> None:
    """What ``--print-config`` writes is TOML, and gives the same settings again."""
    wanted = Settings(**values)
    Path("printed.toml").write_text(toml_text(wanted), newline="")
    assert load_settings({}, Path("printed.toml")) == wanted


def test_every_setting_is_printed_with_its_explanation() -> None:
    """The printed file has every setting, each under a comment that explains it."""
    text = toml_text(Settings())
    expected = {**asdict(Settings()), "allowed_origins": [], "journal_retention": []}
    assert tomllib.loads(text) == expected
    assert text.count("\n# ") + 1 == len(NAMES)


def test_every_setting_has_a_flag_that_works() -> None:
    """Each is shown in the help with its default, and its flag sets it."""
    shown = " ".join(CliRunner().invoke(serve, ["--help"]).stdout.split())
    for one in fields(Settings):
        flag = f"--{one.name.replace('_', '-')}"
        if KINDS[one.name] is bool:
            assert f"{flag} {one.metadata['help']}" in shown
            printed = CliRunner().invoke(serve, [flag, "--print-config"])
            assert tomllib.loads(printed.stdout)[one.name] is True
            continue
        assert f"{flag} TEXT {one.metadata['help']} [default: " in shown
        value = {
            "host": "::1",
            "log_level": "debug",
            "log_format": "json",
            "log_to": "stdout",
        }.get(one.name)
        if value is None and KINDS[one.name] in (int, float):
            value = "7"
        if value is not None:
            printed = CliRunner().invoke(serve, [flag, value, "--print-config"])
            changed = evolve(Settings(), **{one.name: KINDS[one.name](value)})
            assert tomllib.loads(printed.stdout) == tomllib.loads(toml_text(changed))


def test_no_setting_is_endless() -> None:
    """A time is finite, so that no timer or socket option overflows."""
    for name in NAMES:
        if KINDS[name] is float:
            with pytest.raises(DaemonError, match=name):
                load_settings({name: str(math.inf)})
            load_settings({name: "1e9"})
