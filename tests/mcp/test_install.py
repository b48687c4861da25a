"""``ailoop mcp install``: what it writes starts, and what was there is not lost."""

from __future__ import annotations

import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Done, ailoop

FILES = {
    "claude": ("project", ".mcp.json", "mcpServers"),
    "claude-desktop": ("user", ".config/Claude/claude_desktop_config.json", "mcpServers"),
    "cursor": ("user", ".cursor/mcp.json", "mcpServers"),
    "vscode": ("user", ".config/Code/User/mcp.json", "servers"),
    "opencode": ("user", ".config/opencode/opencode.json", "mcp"),
    "codex": ("user", ".codex/config.toml", "mcp_servers"),
}


def install(home: Path, client: str, *more: str, file: Path | None = None) -> Done:
    """Run it for somebody whose home this is."""
    to = [] if file is None else ["--file", str(file)]
    env = {"HOME": str(home), "XDG_CONFIG_HOME": "", "CODEX_HOME": ""}
    return ailoop("mcp", "install", client, *to, *more, env=env)


def entry_in(path: Path, section: str) -> Any:
    """Return what stands for us in a client's file."""
    text = path.read_text()
    value = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    return value[section]["ailoop"]


@pytest.mark.parametrize("client", FILES)
def test_it_is_where_the_client_looks(tmp_path: Path, client: str) -> None:
    scope, name, section = FILES[client]
    file = tmp_path / name
    given = file if scope == "project" else None
    dry = install(tmp_path, client, "--dry-run", file=given)
    assert dry.returncode == 0, dry.stderr
    assert not file.exists()
    done = install(tmp_path, client, "-c", "deploys", file=given)
    assert done.returncode == 0, done.stderr
    entry = entry_in(file, section)
    words = entry["command"] if client == "opencode" else [entry["command"], *entry["args"]]
    assert Path(words[0]).name == "ailoop"
    assert words[1:] == ["mcp", "--channel", "deploys"]
    written = file.read_bytes()
    again = install(tmp_path, client, "-c", "deploys", file=given)
    assert again.returncode == 0
    assert "already" in again.stdout
    assert file.read_bytes() == written
    assert [one.name for one in file.parent.iterdir() if one.is_file()] == [file.name]


def test_the_rest_of_a_json_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    before = {"é": [1, {}], "mcpServers": {"other": {"env": {"KEY": "secret"}}}, "z": None}
    file.write_text(json.dumps(before, indent="\t", ensure_ascii=False))
    file.chmod(0o600)
    kept = file.read_bytes()
    dry = install(tmp_path, "cursor", "--dry-run", file=file)
    assert "secret" not in dry.stdout
    for number, channel in enumerate(("a", "b")):
        assert install(tmp_path, "cursor", "-c", channel, file=file).returncode == 0
        if not number:
            assert (tmp_path / "mcp.json.bak").read_bytes() == kept
    after = json.loads(file.read_text())
    assert after["mcpServers"].pop("ailoop")["args"] == ["mcp", "--channel", "b"]
    assert after == before
    assert list(after) == list(before)
    assert '\n\t"' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mcp.json.bak1").exists()


def test_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "real.json", tmp_path / "mcp.json"
    file.write_text("{}")
    link.symlink_to(file)
    assert install(tmp_path, "cursor", file=link).returncode == 0
    assert link.is_symlink()
    assert entry_in(file, "mcpServers")


REFUSED = {
    "comment": '{\n  // mine\n  "mcpServers": {}\n}',
    "comma": '{"mcpServers": {},}',
    "twice": '{"a": 1, "a": 2}',
    "list": "[]",
    "section": '{"mcpServers": []}',
    "binary": "\udcff",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_not_understood_is_left_alone(tmp_path: Path, name: str) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(REFUSED[name].encode(errors="surrogateescape"))
    before = file.read_bytes()
    done = install(tmp_path, "cursor", file=file)
    assert done.returncode == 1
    assert "was not changed" in done.stderr
    assert done.stderr.count("\n") == 1
    assert '"ailoop"' in done.stdout
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_toml_keeps_its_comments(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    before = '# mine\nmodel = "x" # here too\n\n[mcp_servers.other]\ncommand = "a"\n'
    file.write_text(before)
    assert install(tmp_path, "codex", "--token-file", "/k'ey", file=file).returncode == 0
    assert file.read_text().startswith(before)
    entry = entry_in(file, "mcp_servers")
    assert entry["env"] == {"AILOOP_TOKEN_FILE": "/k'ey"}
    other = install(tmp_path, "codex", file=file)
    assert other.returncode == 1
    assert "another mcp_servers.ailoop" in other.stderr


@pytest.mark.parametrize(
    "before", ["x = [", "mcp_servers = {}\n", "mcp_servers = 5\n"], ids=["bad", "inline", "no"]
)
def test_toml_that_cannot_be_added_to_is_left_alone(tmp_path: Path, before: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(before)
    done = install(tmp_path, "codex", file=file)
    assert done.returncode == 1
    assert "[mcp_servers.ailoop]" in done.stdout
    assert file.read_text() == before


def test_what_is_a_clients_own_to_write_is_printed(tmp_path: Path) -> None:
    done = install(tmp_path, "claude", "--scope", "user", "--token-file", "/key")
    assert done.returncode == 0
    *words, entry = shlex.split(done.stdout)
    assert words == ["claude", "mcp", "add-json", "--scope", "user", "ailoop"]
    assert json.loads(entry)["args"] == ["mcp"]
    assert json.loads(entry)["env"] == {"AILOOP_TOKEN_FILE": "/key"}
    assert json.loads(entry)["alwaysLoad"] is True
    assert list(tmp_path.iterdir()) == []
    assert install(tmp_path, "codex", "--scope", "project").returncode == 1
