"""What agents call: ask, authorize, say, navigate."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click
import trio
from attrs import evolve

from ailoop import AiloopClient, AiloopError, Approval, Unreachable
from ailoop.cli.direct import ask_here
from ailoop.cli.form_options import read_schema_options
from ailoop.cli.lines import is_terminal
from ailoop.cli.receipt_options import check_canonical, read_context, read_receipt_key
from ailoop.cli.running import (
    NO_PATIENCE,
    OK,
    REFUSED,
    as_json,
    channel,
    priority,
    run,
    seal_for,
    server,
    timeout,
)
from ailoop.cli.text import clean, complain, print_json
from ailoop.client.receipts import VARIABLE
from ailoop.model.codec import encode, format_time, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import (
    Authorization,
    Content,
    Message,
    Navigate,
    Notification,
    Priority,
    PromptContent,
    Question,
    ResponseMessage,
    ResponseType,
)

__all__ = ["ask", "authorize", "navigate", "say"]

_WITHDRAW_SECONDS = 2


@click.command()
@click.argument("question")
@channel
@timeout(60)
@click.option("--choice", "choices", multiple=True, help="An allowed answer; repeat it.")
@click.option(
    "--schema", metavar="FILE|JSON", help="A form: the JSON Schema of what is to be filled in."
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME:TYPE",
    help="A field of a form; repeat it. TYPE is text, int, number, bool, email, uri, date, "
    "time or choices such as eu|us; ? after it makes it optional, =VALUE is its default.",
)
@seal_for
@server
@as_json
def ask(
    question: str,
    channel: str,
    timeout: int,
    choices: tuple[str, ...],
    schema: str | None,
    fields: tuple[str, ...],
    seal_for: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Ask a person a question and print the answer; of a form it is a JSON object.

    \b
    Examples:
      ailoop ask "Which region?" --choice eu --choice us
      ailoop ask "Release what?" --field version:text --field "replicas:int=3" --json
      AILOOP_SERVER=http://127.0.0.1:8081 ailoop ask "Ship it?" -t 3600 --json
      ailoop ask "Which customer?" --seal-for ann.public.jwk --server http://ops:8081
    """
    form = read_schema_options(schema, fields)
    if choices and form is not None:
        raise click.UsageError("--choice does not go together with --schema or --field")
    content = Question(
        text=question, timeout_seconds=timeout, choices=choices or None, schema=form
    )

    async def command() -> int:
        response = await _decide(server, channel, content, seal_for)
        said = response.content
        kind = said.response_type
        answered = kind is ResponseType.TEXT
        answer = said.answer or ""
        about = {"channel": channel, "timestamp": format_time(response.timestamp)}
        words = "Nobody answered in time" if kind == "timeout" else "The question was cancelled"
        if as_json and answered:
            extra = {"metadata": response.metadata} if response.metadata else {}
            value = {"value": load_json(answer)} if form is not None else {}
            print_json({"response": answer, **value, **about, **extra})
        elif as_json:
            print_json({"error": kind.value, "message": words, **about})
        elif answered:
            click.echo(clean(answer))
        else:
            complain(words if kind is ResponseType.TIMEOUT else f"{words}{_why(response)}")
        return OK if answered else REFUSED

    run(_checked(channel, content, command))


@click.command()
@click.argument("action")
@channel
@timeout(300)
@click.option("--context", help="JSON that helps the person decide.")
@click.option(
    "--editable",
    is_flag=True,
    help="The person may approve another context, which is printed; it is a JSON object.",
)
@click.option(
    "--receipt-key",
    envvar=VARIABLE,
    show_envvar=True,
    metavar="FILE",
    help="The server's public key; then only an approval with a valid receipt counts.",
)
@seal_for
@server
@as_json
def authorize(
    action: str,
    channel: str,
    timeout: int,
    context: str | None,
    editable: bool,
    receipt_key: str | None,
    seal_for: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Ask a person for permission; exit 0 only if they approve.

    \b
    Examples:
      ailoop authorize "drop table users" && psql -c "drop table users"
      ailoop authorize "deploy" --context '{"version": "1.4.2"}' -t 900
      ailoop authorize "send mails" --context '{"to": ["ann"]}' --editable --json
      ailoop authorize "deploy" --receipt-key receipts.key.pub && ./deploy
    """
    content = Authorization(
        action=action,
        timeout_seconds=timeout,
        context=read_context(context),
        editable=editable,
    )
    receipts = read_receipt_key(receipt_key)
    if receipts is not None:
        if server is None:
            raise click.UsageError(
                f"--receipt-key (or {VARIABLE}) needs --server: nobody signs what is decided "
                "at this terminal"
            )
        check_canonical(content)

    async def command() -> int:
        approval = Approval.of(await _decide(server, channel, content, seal_for), content)
        if receipts is not None and approval:
            about = evolve(content, context=approval.context)
            approval = receipts.prove(channel, about, approval)
            approval.redeem(action, approval.context)
        granted = editable and bool(approval)
        if as_json:
            told: dict[str, Any] = {"action": action, "channel": channel}
            if granted:
                told |= {"edited": approval.edited, "context": approval.context}
            _print_decision("authorized", approval, told)
        else:
            verdict = "approved" if approval else "denied"
            why = f": {approval.doubt}" if approval.doubt else _why(approval.response)
            click.echo(clean(f"{verdict}{why}"))
            if granted:
                print_json(approval.context)
        return OK if approval else REFUSED

    run(_checked(channel, content, command))


@click.command()
@click.argument("url")
@channel
@timeout(300)
@seal_for
@server
@as_json
def navigate(
    url: str,
    channel: str,
    timeout: int,
    seal_for: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Ask a person to open a page; exit 0 if they did.

    \b
    Example:
      ailoop navigate https://example.org/login -c browser
    """
    content = Navigate(url=url, timeout_seconds=timeout)

    async def command() -> int:
        response = await _decide(server, channel, content, seal_for)
        opened = response.content.response_type in (
            ResponseType.AUTHORIZATION_APPROVED,
            ResponseType.TEXT,
        )
        if as_json:
            _print_decision("navigated", Approval(response), {"url": url, "channel": channel})
        else:
            click.echo(clean(f"{'opened' if opened else 'not opened'}{_why(response)}"))
        return OK if opened else REFUSED

    run(_checked(channel, content, command))


@click.command()
@click.argument("text")
@channel
@priority(Priority.NORMAL)
@seal_for
@server
@as_json
def say(
    text: str,
    channel: str,
    priority: str,
    seal_for: tuple[str, ...],
    server: str | None,
    as_json: bool,
) -> None:
    r"""Tell people something.

    \b
    Example:
      ailoop say "The backup is done" -p low
    """
    content = Notification(text=text, priority=Priority(priority))

    async def command() -> int:
        if server is None:
            message = Message(channel=channel, content=content)
            if not as_json:
                click.echo(f"[{channel}] {clean(text)}")
        else:
            async with AiloopClient(
                server,
                transport="rest",
                role="agent",
                patience=NO_PATIENCE,
                seal_for=seal_for,
            ) as client:
                message = await client.post(channel, content)
        if as_json:
            print_json(
                {
                    "id": str(message.id),
                    "channel": channel,
                    "timestamp": format_time(message.timestamp),
                }
            )
        return OK

    run(_checked(channel, content, command))


async def _decide(
    server: str | None, channel: str, content: PromptContent, seal_for: tuple[str, ...]
) -> ResponseMessage:
    """Ask here, or on a server; a prompt whose asker is interrupted there is withdrawn.

    :param seal_for: for whom it is encrypted; what is asked here leaves no terminal.
    """
    if server is None:
        return await ask_here(channel, content)
    async with AiloopClient(
        server,
        transport="rest",
        role="agent",
        patience=NO_PATIENCE,
        seal_for=seal_for,
    ) as client:
        prompt = await client.post(channel, content)
        if is_terminal(sys.stderr):
            click.echo(
                f"Waiting for a person to answer {prompt.id} (Ctrl-C withdraws it).", err=True
            )
        try:
            schema = content.schema if isinstance(content, Question) else None
            if schema is None:
                return await client.wait(prompt.id)
            return await client.wait(prompt.id, schema=schema)
        except Unreachable as error:
            raise Unreachable(f"{error}; the prompt {prompt.id} may still be open") from None
        except trio.Cancelled:
            with trio.move_on_after(_WITHDRAW_SECONDS, shield=True):
                await _withdraw_quietly(client, prompt)
            raise


async def _withdraw_quietly(client: AiloopClient, prompt: Message) -> None:
    try:
        await client.withdraw(prompt.id)
    except AiloopError as error:
        complain(f"the prompt could not be withdrawn: {error}")


def _checked(
    channel: str, content: Content, command: Callable[[], Awaitable[int]]
) -> Callable[[], Awaitable[int]]:
    """Check the message by the model's own rules before anything is asked anywhere."""
    try:
        load_message(load_json(encode(Message(channel=channel, content=content))))
    except Refusal as refusal:
        raise click.UsageError(clean(refusal.sentence)) from None
    except (TypeError, ValueError, RecursionError) as error:
        # Half a character, a number or a nesting that JSON has no room for.
        raise click.UsageError(f"this cannot be sent: {clean(str(error))}") from None
    return command


def _print_decision(name: str, approval: Approval, about: dict[str, Any]) -> None:
    response = approval.response
    reason = {"reason": approval.reason} if approval.reason else {}
    token = (response.metadata or {}).get("receipt")
    receipt = {"receipt": token} if token else {}
    done = bool(approval) or response.content.response_type is ResponseType.TEXT
    print_json(
        {name: done, **about, "timestamp": format_time(response.timestamp), **reason, **receipt}
    )


def _why(response: Message) -> str:
    reason = (response.metadata or {}).get("reason")
    return f": {reason}" if reason else ""
