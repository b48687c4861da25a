"""``ailoop hook``: what agents run before they do something."""

from __future__ import annotations

from pathlib import Path

import click

from ailoop.cli.files import path_type
from ailoop.cli.running import hook_channel, policy_path, server

__all__ = ["hook"]

_SECONDS = 50
"""Earlier versions of Claude Code wait 60 for a hook, unless their settings say so."""
_INSTALLED_SECONDS = 300


@click.group()
def hook() -> None:
    r"""Decide, for an agent that is about to use a tool, by a policy and by people.

    \b
    Examples:
      ailoop hook claude-code --install
      ailoop policy test --tool Bash --arguments '{"command": "git push"}'
    """


@hook.command("claude-code")
@policy_path
@hook_channel
@click.option(
    "-t",
    "--timeout",
    type=click.IntRange(1, 86_000),
    show_default="50; with --install 300",
    help="Seconds that a person has at most; Claude Code has to wait 10 more.",
)
@server
@click.option("--install", is_flag=True, help="Write this hook into Claude Code's settings.")
@click.option(
    "--settings",
    type=path_type,
    default=Path(".claude/settings.json"),
    show_default=True,
    help="With --install: which settings.",
)
@click.option(
    "--matcher", default="*", show_default=True, help="With --install: for which tools."
)
@click.option("--dry-run", is_flag=True, help="With --install: show what would be written.")
def claude_code(
    policy: str | None,
    channel: str | None,
    timeout: int | None,
    server: str | None,
    install: bool,
    settings: Path,
    matcher: str,
    dry_run: bool,
) -> None:
    r"""Answer Claude Code, which tells on standard input of a tool it is about to use.

    A rule of the policy allows or denies it, or a person is asked. It is denied if nobody
    answers in time, if the daemon is away, and whenever something is wrong. People may edit
    what the tool is called with.

    \b
    Examples:
      ailoop hook claude-code --install --timeout 300
      ailoop hook claude-code --install --matcher 'Bash|Write' --dry-run
      ailoop hook claude-code --policy ailoop-policy.toml < input.json

    Exit codes: 0 there is an answer on standard output; 2 there is none, and Claude Code does
    not use the tool.
    """
    if install:
        from ailoop.cli.hook_install import Wanted, install_hook

        install_hook(
            settings,
            Wanted(
                policy=policy,
                channel=channel,
                seconds=timeout or _INSTALLED_SECONDS,
                server=server,
                matcher=matcher,
            ),
            dry_run=dry_run,
        )
        return
    for given, flag in ((dry_run, "--dry-run"), (matcher != "*", "--matcher")):
        if given:
            raise click.UsageError(f"{flag} is for --install")
    from ailoop.cli.hook_claude import Hook, run_hook

    run_hook(Hook(policy=policy, channel=channel, seconds=timeout or _SECONDS, server=server))
