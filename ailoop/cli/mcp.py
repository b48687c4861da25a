"""``ailoop mcp``: the tools by which a model asks people, over standard input and output."""

from __future__ import annotations

import sys

import click

from ailoop.cli.mcp_install import install
from ailoop.cli.running import USAGE, channel, policy_path, run, server
from ailoop.cli.text import complain

__all__ = ["mcp"]

_PORT = click.IntRange(0, 65535)
_SECONDS = click.FloatRange(min=0)


@click.group(invoke_without_command=True)
@channel
@server
@click.option(
    "--ticket-after",
    type=_SECONDS,
    default=50.0,
    show_default=True,
    help="Seconds after which a call whose client hears no progress gets a ticket.",
)
@click.option(
    "--progress-for",
    type=_SECONDS,
    default=3600.0,
    show_default=True,
    help="The same for a call whose client hears of progress.",
)
@click.option(
    "--journal",
    default="memory",
    show_default=True,
    help="Of the daemon that is started where none runs: memory or sqlite:PATH.",
)
@click.option(
    "--rest-port",
    type=_PORT,
    default=8081,
    show_default=True,
    help="Where a daemon is looked for and, if it is free, run; 0 picks a free one.",
)
@click.option(
    "--ws-port", type=_PORT, default=8080, show_default=True, help="The same for WebSockets."
)
@click.option(
    "--permission-prompt",
    is_flag=True,
    help="Also offer the tool permission_prompt, by which Claude Code asks for permissions.",
)
@policy_path
@click.pass_context
def mcp(
    context: click.Context,
    channel: str,
    server: str | None,
    ticket_after: float,
    progress_for: float,
    journal: str,
    rest_port: int,
    ws_port: int,
    permission_prompt: bool,
    policy: str | None,
) -> None:
    r"""Serve an MCP client, such as an editor, over standard input and output.

    With --server or AILOOP_SERVER it asks there. Otherwise it asks the daemon on this
    machine, and runs one itself where there is none. Standard error says where people answer.

    \b
    Examples:
      ailoop mcp
      ailoop mcp -c deploys --server http://127.0.0.1:8081
      ailoop mcp --permission-prompt --policy ailoop-policy.toml
      ailoop mcp install claude --dry-run
    """
    if context.invoked_subcommand is not None:
        return
    try:
        from ailoop.cli.mcp_permission import tools_with
        from ailoop.cli.mcp_place import Own
        from ailoop.cli.mcp_serve import serve_client
    except ImportError as error:
        complain(f"this needs the extra mcp: pip install 'ailoop[mcp]' ({error})")
        sys.exit(USAGE)

    tools = tools_with(policy) if permission_prompt else None
    own = Own(ws_port=ws_port, rest_port=rest_port, journal=journal)

    async def command() -> int:
        return await serve_client(server, channel, own, ticket_after, progress_for, tools)

    run(command)


mcp.add_command(install)
