"""What people call with a prompt's id: answer, approve, deny."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from ailoop import AiloopClient
from ailoop.cli.form_options import read_object
from ailoop.cli.running import NO_PATIENCE, OK, as_json, keys, responder, run, server
from ailoop.cli.text import one_line, print_json
from ailoop.model.codec import dump_message
from ailoop.model.message import Response, ResponseType

__all__ = ["answer", "approve", "deny"]

_prompt_id = click.argument("prompt_id", metavar="ID", type=click.UUID)
_reason = click.option("-r", "--reason", help="Why; the agent is told.")


@click.command()
@_prompt_id
@click.argument("text", required=False)
@click.option("--value", metavar="JSON", help="The answer to a form: an object of its fields.")
@responder
@keys
@server
@as_json
def answer(
    prompt_id: UUID,
    text: str | None,
    value: str | None,
    responder: str,
    keys: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Answer the question ID; for a choice, TEXT is the choice or its number.

    \b
    Examples:
      ailoop answer 0190f3a2-… "use the blue one"
      ailoop answer 0190f3a2-… 2 --key ann.private.jwk
      ailoop answer 0190f3a2-… --value '{"version": "1.2", "replicas": 3}'
    """
    if (text is None) is (value is None):
        raise click.UsageError("answer with TEXT, or with --value")
    said = text if value is None else read_object(value, "--value")
    _respond(server, as_json, keys, prompt_id, answer=said, responder=responder)


@click.command()
@_prompt_id
@click.option(
    "--value", metavar="JSON", help="Approve with this context, all of it, if it is editable."
)
@_reason
@responder
@keys
@server
@as_json
def approve(
    prompt_id: UUID,
    value: str | None,
    reason: str | None,
    responder: str,
    keys: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Approve the authorization ID, or say that you opened the page.

    \b
    Examples:
      ailoop approve 0190f3a2-…
      ailoop approve 0190f3a2-… --value '{"to": ["ann"]}'
    """
    _respond(
        server,
        as_json,
        keys,
        prompt_id,
        answer=None if value is None else read_object(value, "--value"),
        response_type=ResponseType.AUTHORIZATION_APPROVED,
        reason=reason,
        responder=responder,
    )


@click.command()
@_prompt_id
@_reason
@responder
@keys
@server
@as_json
def deny(
    prompt_id: UUID,
    reason: str | None,
    responder: str,
    keys: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Deny the authorization ID.

    \b
    Example:
      ailoop deny 0190f3a2-… --reason "not before the freeze ends"
    """
    _respond(
        server,
        as_json,
        keys,
        prompt_id,
        response_type=ResponseType.AUTHORIZATION_DENIED,
        reason=reason,
        responder=responder,
    )


def _respond(
    server: str | None, as_json: bool, keys: tuple[str, ...], prompt_id: UUID, **decision: Any
) -> None:
    async def command() -> int:
        async with AiloopClient(
            server, transport="rest", role="human", patience=NO_PATIENCE, keys=keys
        ) as client:
            recorded = await client.respond(prompt_id, surface="command line", **decision)
        if as_json:
            print_json(dump_message(recorded))
        elif isinstance(recorded.content, Response):
            said = recorded.content.answer or recorded.content.response_type
            click.echo(f"recorded on {recorded.channel}: {one_line(said)}")
        return OK

    run(command)
