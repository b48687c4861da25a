"""``ailoop receipt``: the keys of receipts, and what a receipt says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import orjson

from ailoop.cli.files import path_type
from ailoop.cli.receipt_options import check_canonical, read_context
from ailoop.cli.running import any_channel, as_json
from ailoop.cli.text import complain, one_line, print_json
from ailoop.client.receipts import VARIABLE
from ailoop.model.codec import format_epoch, load_json, load_message
from ailoop.model.errors import Refusal
from ailoop.model.message import PROMPT_TYPES, Authorization, Message, PromptContent
from ailoop.trust.canonical import CanonicalError, content_hash
from ailoop.trust.faults import Fault, ReceiptError
from ailoop.trust.hidden import asked_hash
from ailoop.trust.receipt import Receipt
from ailoop.trust.receipt_check import ReceiptVerifier
from ailoop.trust.receipt_keys import BadKey, key_id, make_key_files, public_path

__all__ = ["receipt"]

_VALID, _INVALID, _UNUSABLE = 0, 1, 2
_MOST_CHARACTERS = 1024 * 1024


@click.group()
def receipt() -> None:
    r"""Make the key that signs decisions, and verify what it has signed.

    \b
    Examples:
      ailoop receipt keygen receipts.key
      ailoopd --receipt-signing-key receipts.key
      ailoop receipt verify --key receipts.key.pub < receipt.txt
    """


@receipt.command("keygen")
@click.argument("path", type=path_type)
def keygen(path: Path) -> None:
    r"""Make a key that signs receipts: PATH for the daemon alone, PATH.pub for agents.

    \b
    Example:
      ailoop receipt keygen /var/lib/ailoop/receipts.key

    Exit codes: 0 made; 2 it cannot be written, or there is something already.
    """
    try:
        key = make_key_files(path)
    except FileExistsError as error:
        complain(f"{error.filename} is there already; nothing was written over")
        sys.exit(_UNUSABLE)
    except OSError as error:
        complain(f"{error.filename or path}: {error.strerror}")
        sys.exit(_UNUSABLE)
    click.echo(f"{one_line(str(path))}  private: for the daemon, receipt_signing_key")
    click.echo(f"{one_line(str(public_path(path)))}  public: for agents, receipt_key")
    click.echo(f"key {key_id(key)}")


@receipt.command("verify")
@click.argument("token", required=False)
@click.option(
    "--key",
    required=True,
    envvar=VARIABLE,
    show_envvar=True,
    metavar="FILE",
    help="The public key, or a set of them.",
)
@click.option("--action", help="What was to be approved; otherwise it is not compared.")
@click.option("--context", help="The JSON that went with the action.")
@click.option(
    "--prompt",
    type=path_type,
    metavar="FILE",
    help="The JSON of the prompt, such as GET /api/v1/messages/ID: it must be about that.",
)
@any_channel
@click.option(
    "--expired-too", is_flag=True, help="Take one whose time is over: for an audit, not to act."
)
@as_json
def verify(
    token: str | None,
    key: str,
    action: str | None,
    context: str | None,
    prompt: Path | None,
    channel: str | None,
    expired_too: bool,
    as_json: bool,
) -> None:
    r"""Show what a receipt says, if it holds.

    TOKEN, or what comes on standard input: a receipt, or the JSON of a response or of
    `ailoop authorize --json`. With --action, it must also be an approval of exactly that.

    The receipt of an encrypted prompt is about its ciphertext: there is no action to compare.
    With --prompt, the JSON of the prompt as the server has it, it must be about that.

    \b
    Examples:
      ailoop receipt verify --key receipts.key.pub < receipt.txt
      ailoop receipt verify --key receipts.key.pub --action deploy --context '{"v": 1}' "$T"
      ailoop receipt verify --key receipts.key.pub --prompt prompt.json "$T"

    Exit codes: 0 it holds; 1 it does not; 2 used wrongly, or the key cannot be used.
    """
    if context is not None and action is None:
        raise click.UsageError("--context goes with --action")
    asked = None
    if action is not None:
        asked = Authorization(action=action, context=read_context(context))
        check_canonical(asked)
    posted = None if prompt is None else _read_prompt(prompt)
    try:
        verifier = ReceiptVerifier(key)
    except BadKey as error:
        raise click.BadParameter(one_line(str(error)), param_hint="--key") from None
    try:
        found = verifier.read(_read_token(token), expired_too=expired_too)
        _compare(found, asked, channel)
        if posted is not None:
            _compare_prompt(found, posted)
    except ReceiptError as error:
        if as_json:
            print_json({"valid": False, "fault": error.fault, "error": str(error)})
        else:
            complain(f"not a valid receipt: {error} ({error.fault})")
        sys.exit(_INVALID)
    if as_json:
        print_json({"valid": True, **_members(found)})
    else:
        for line in _lines(found):
            click.echo(line)
        click.echo(_verdict(found, action=asked is not None, prompt=posted is not None))
    sys.exit(_VALID)


def _read_token(given: str | None) -> str:
    text = (sys.stdin.read(_MOST_CHARACTERS) if given in (None, "-") else given or "").strip()
    if not text.startswith("{"):
        return text
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ReceiptError(Fault.UNREADABLE, f"it is no JSON: {error}") from None
    metadata = told.get("metadata")
    inner = metadata if isinstance(metadata, dict) else told
    token = inner.get("receipt")
    if not isinstance(token, str):
        raise ReceiptError(Fault.MISSING, "there is none in this JSON")
    return token


def _compare(found: Receipt, asked: Authorization | None, channel: str | None) -> None:
    if channel is not None and found.channel != channel:
        raise ReceiptError(Fault.OTHER_CHANNEL, f"it is about the channel {found.channel}")
    if asked is None:
        return
    if found.decision != "authorization_approved":
        raise ReceiptError(Fault.OTHER_DECISION, f"it is no approval: {found.decision}")
    if found.sealed:
        raise ReceiptError(
            Fault.SEALED,
            "the prompt was encrypted, so that it is about the ciphertext, and can be compared "
            "with --prompt alone; only the agent that asked can compare the action",
        )
    if found.action_hash != content_hash(asked):
        raise ReceiptError(Fault.OTHER_ACTION, "it is about another action or context")


def _read_prompt(path: Path) -> Message:
    """Read a prompt, as the routes for messages give it."""
    try:
        with path.open("rb") as file:
            message = load_message(load_json(file.read(_MOST_CHARACTERS)))
        if isinstance(message.content, PROMPT_TYPES):
            asked_hash(message, message.content)  # or it has none
            return message
        why = f"a {message.content.type} is no prompt"
    except Refusal as refusal:
        why = refusal.sentence
    except CanonicalError as error:
        why = str(error)
    except OSError as error:
        why = f"{path}: {error.strerror}"
    raise click.BadParameter(one_line(why), param_hint="--prompt") from None


def _compare_prompt(found: Receipt, prompt: Message) -> None:
    if found.prompt_id != prompt.id:
        raise ReceiptError(Fault.OTHER_PROMPT, f"it is about the prompt {found.prompt_id}")
    if found.channel != prompt.channel:
        raise ReceiptError(Fault.OTHER_CHANNEL, f"it is about the channel {found.channel}")
    # Only prompts are read.
    content = cast("PromptContent", prompt.content)
    if found.action_hash != asked_hash(prompt, content):
        what = "ciphertext" if found.sealed else "action or context"
        raise ReceiptError(Fault.OTHER_ACTION, f"it is about another {what} than this prompt")


def _members(found: Receipt) -> dict[str, Any]:
    return {
        "receipt_id": str(found.id),
        "prompt_id": str(found.prompt_id),
        "channel": found.channel,
        "decision": found.decision,
        "approver": found.approver,
        "sealed": found.sealed,
        "issued_at": format_epoch(found.issued_at),
        "expires_at": format_epoch(found.expires_at),
        "action_hash": found.action_hash,
        "answer_hash": found.answer_hash,
        "key": found.key_id,
    }


def _lines(found: Receipt) -> Iterator[str]:
    for name, value in _members(found).items():
        if value is not None and name != "sealed":
            yield f"{name.replace('_', ' '):<12} {one_line(str(value))}"


def _verdict(found: Receipt, *, action: bool, prompt: bool) -> str:
    """Return what has been verified, in words that claim no more."""
    if action:
        return "It holds, for this action."
    if not found.sealed:
        return (
            "It holds, for this prompt." if prompt else "It holds. The action was not compared."
        )
    covered = ", for this prompt's ciphertext" if prompt else ""
    return (
        f"It holds{covered}. The prompt was encrypted: who decided, when, how and on which "
        "prompt is signed, and the action can be compared by the agent alone that asked."
    )
