"""Writing the hook into the settings of Claude Code, once, with a copy of those before."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from ailoop.cli.config_file import dump, load, write_whole
from ailoop.cli.running import OK, REFUSED, USAGE
from ailoop.cli.text import clean, complain, one_line
from ailoop.policy import PolicyError, find_policy, read_policy
from ailoop.policy.claude_code import EVENT

__all__ = ["Wanted", "install_hook"]

_LONGER_SECONDS = 30
"""How much longer Claude Code waits: a hook that it ends itself decides nothing."""

_BLOCKS_SINCE = (2, 1, 295)
"""The version of Claude Code from which on ``onFailure`` is understood."""

_OURS = re.compile(r"\bailoop\b.* hook claude-code\b")
_VERSION_SECONDS = 15


@frozen(kw_only=True)
class Wanted:
    """The hook that is to be there."""

    policy: str | None
    channel: str | None
    seconds: int
    server: str | None
    matcher: str

    def entry(self) -> dict[str, Any]:
        """Return it as the settings have it."""
        hook: dict[str, Any] = {
            "type": "command",
            # Whatever ends with another code than 2 would not block, if only it is not found.
            "command": f"{shlex.join(self._words())} || exit 2",
            "timeout": self.seconds + _LONGER_SECONDS,
        }
        if (version := _claude_version()) and version >= _BLOCKS_SINCE:
            hook["onFailure"] = "block"
        return {"matcher": self.matcher, "hooks": [hook]}

    def _words(self) -> list[str]:
        program = ["ailoop"] if shutil.which("ailoop") else [sys.executable, "-m", "ailoop"]
        words = [*program, "hook", "claude-code", "--timeout", str(self.seconds)]
        if self.policy:
            words += ["--policy", str(Path(self.policy).expanduser().absolute())]
        if self.channel:
            words += ["--channel", self.channel]
        if self.server:
            words += ["--server", self.server]
        return words


def install_hook(path: Path, wanted: Wanted, *, dry_run: bool) -> None:
    """Have the settings contain the hook, and exit.

    :param dry_run: only show what would be written.
    """
    _check_policy(wanted.policy)
    path = path.expanduser().resolve()  # a link stays one
    entry = wanted.entry()
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        settings = _with_hook(_read(before), entry)
    except (OSError, ValueError) as error:
        complain(f"{path} is left as it is: {error}. Add this to it by hand:")
        click.echo(dump({"hooks": {EVENT: [entry]}}), nl=False)
        sys.exit(USAGE)
    after = dump(settings)
    if dry_run:
        click.echo(clean(after), nl=False)
    elif before.strip() and _read(before) == settings:
        click.echo(f"{one_line(str(path))} has it already; nothing is changed")
    else:
        _write(path, after)
    sys.exit(OK)


def _check_policy(given: str | None) -> None:
    try:
        path = find_policy(given)
        read_policy(path)
    except PolicyError as error:
        complain(f"{error}; see `ailoop policy check`")
        sys.exit(REFUSED)
    if path is None:
        complain(
            "there is no policy yet, so that every use of a tool will be asked about; "
            "ailoop-policy.toml in the folder of the project says what needs nobody"
        )


def _read(text: str) -> dict[str, Any]:
    """Read settings, of which nothing may get lost when they are written again.

    :raises ValueError: they are not understood, such as with comments in them.
    """
    value = load(text or "{}")
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 -- of a file, not of a caller
    return value


def _with_hook(settings: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the hook in the place of an earlier one of ours, or as the last.

    :raises ValueError: they are not what Claude Code reads.
    """
    hooks = settings.get("hooks", {})
    groups = hooks.get(EVENT, []) if isinstance(hooks, dict) else None
    if not isinstance(groups, list) or not all(_is_group(one) for one in groups):
        raise ValueError(f"its hooks.{EVENT} is not a list of matchers with hooks")
    kept = [
        {**group, "hooks": [one for one in group["hooks"] if not _is_ours(one)]}
        for group in groups
    ]
    where = next(
        (n for n, group in enumerate(groups) if any(map(_is_ours, group["hooks"]))), len(kept)
    )
    kept.insert(where, entry)
    return {
        **settings,
        "hooks": {**hooks, EVENT: [group for group in kept if group["hooks"]]},
    }


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("hooks"), list)


def _is_ours(hook: Any) -> bool:
    command = hook.get("command") if isinstance(hook, dict) else None
    return isinstance(command, str) and _OURS.search(command) is not None


def _write(path: Path, after: str) -> None:
    try:
        kept = write_whole(path, after)
    except OSError as error:
        complain(f"{error.filename or path} cannot be written: {error.strerror}")
        sys.exit(USAGE)
    if kept is not None:
        click.echo(f"{one_line(str(kept))} is what was there before")
    click.echo(f"{one_line(str(path))} has the hook now; start Claude Code anew")


def _claude_version() -> tuple[int, ...] | None:
    """Return the version of Claude Code on this machine, if there is one."""
    program = shutil.which("claude")
    if program is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 -- what the user calls claude
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    found = re.match(r"\s*(\d+)\.(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else None
