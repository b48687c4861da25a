"""The hook of Claude Code that runs before a tool does (``PreToolUse``)."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import trio
from attrs import frozen

from ailoop import AiloopClient, AiloopError, Approval, Patience
from ailoop.cli.hook_reply import Answer, arm, block, deny, leave
from ailoop.cli.lines import stop_signals
from ailoop.cli.running import NO_PATIENCE, explain, only_ailoop_error
from ailoop.cli.text import clean, complain
from ailoop.client import Conflict, NotAuthorized, Refused, Unreachable, UnreadAnswer
from ailoop.policy import (
    Decision,
    Policy,
    PolicyError,
    Verdict,
    decide,
    denied_as_edited,
    find_policy,
    read_policy,
)
from ailoop.policy.claude_code import BadInput, Occasion, OtherEvent, read_occasion
from ailoop.policy.wording import (
    consent,
    denial,
    record,
    refusal,
    request,
    request_metadata,
)

__all__ = ["CHANNEL", "Hook", "run_hook"]

CHANNEL = "claude-code"

_MOST_BYTES = 8 * 1024 * 1024
_INPUT_SECONDS = 10.0
_ASK_GRACE_SECONDS = 3.0
"""How much longer than the server we wait for the server to say that time is over."""
_ALARM_SECONDS = 8.0
"""After so long beyond the time to ask, the alarm denies: then something hangs."""
_RECORD_SECONDS = 4.0
_PATIENCE = Patience(give_up_seconds=3, longest_seconds=1)
"""A daemon that restarts is waited for; one that is away is not for long."""


@frozen(kw_only=True)
class Hook:
    """How a hook was started.

    :param policy: the path of the policy, if one was given.
    :param channel: where to ask and to record, unless the policy says so.
    :param seconds: the longest that anybody is asked.
    :param server: the daemon's address; by default the usual one.
    """

    policy: str | None = None
    channel: str | None = None
    seconds: int
    server: str | None = None

    def channel_of(self, verdict: Verdict, policy: Policy) -> str:
        """Return where a call is asked about and recorded."""
        ruled = verdict.rule.channel if verdict.rule else None
        return ruled or self.channel or policy.channel or CHANNEL

    def seconds_of(self, verdict: Verdict, policy: Policy) -> int:
        """Return how long a person has; more than the hook has would be too late."""
        ruled = verdict.rule.timeout if verdict.rule else None
        return min(ruled or policy.timeout or self.seconds, self.seconds)


def run_hook(hook: Hook) -> NoReturn:
    """Read about one call, decide, and end the process with the answer."""
    if sys.stdout is None:  # its number may be another file's by the time we answer
        block("there is no standard output to answer on")
    began = time.monotonic()
    limit = min(_INPUT_SECONDS, hook.seconds)
    arm(limit, f"Denied: no input came within {limit:g} s")
    try:
        occasion = read_occasion(_read_input())
        limit = hook.seconds + _ALARM_SECONDS
        # Claude Code has waited for the input, too.
        left = limit - (time.monotonic() - began)
        arm(left, f"Denied: there was no decision within {limit:g} s")
        answer = trio.run(_answered, hook, occasion)
    except OtherEvent as error:
        block(str(error))  # which no other hook takes for a yes, whatever it is for
    except BadInput as error:
        answer = deny(f"Denied: ailoop cannot read what the hook was given: {error}")
    except BaseException as error:  # noqa: ASYNC103, BLE001 -- nothing was allowed
        with suppress(Exception):
            complain(f"{type(error).__name__}: {error}")
        answer = deny("Denied: something went wrong inside the hook of ailoop")
    leave(answer)


def _read_input() -> bytes:
    data = b""
    while chunk := os.read(0, 65536):
        data += chunk
        if len(data) > _MOST_BYTES:
            raise BadInput(f"it has more than {_MOST_BYTES} bytes")
    return data


async def _answered(hook: Hook, occasion: Occasion) -> Answer:
    """Return the answer; a signal that ends the process first takes back what was asked."""
    answer = deny("Denied: the hook was stopped before anybody had answered")
    with trio.open_signal_receiver(*stop_signals()) as signals:
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            answer = await _decided(hook, occasion)
            nursery.cancel_scope.cancel()
    return answer


async def _decided(hook: Hook, occasion: Occasion) -> Answer:
    try:
        # A project's policy is where the project is, wherever the agent has gone meanwhile.
        folder = os.environ.get("CLAUDE_PROJECT_DIR") or Path.cwd()
        policy = read_policy(find_policy(hook.policy, folder=folder))
    except PolicyError as error:
        verdict = Verdict(decision=Decision.DENY, why=str(error))
        await _recorded(hook, Policy(), occasion, verdict)
        return deny(f"Denied: {error}. Tell the user to run `ailoop policy check`.")
    verdict = decide(policy, occasion.call)
    if verdict.decision is Decision.ABSTAIN:
        return Answer(Decision.ABSTAIN, "")
    if verdict.decision is Decision.ASK:
        return await _asked(hook, policy, occasion, verdict)
    failed = await _recorded(hook, policy, occasion, verdict)
    if verdict.decision is Decision.DENY:
        return deny(denial(verdict))
    if failed and policy.unrecorded is not Decision.ALLOW:
        return deny(
            f"Denied: {verdict.why}, but that could not be recorded: {failed}. "
            "Tell the user that the ailoop daemon is needed."
        )
    return Answer(Decision.ALLOW, f"ailoop: {verdict.why}")


async def _recorded(
    hook: Hook, policy: Policy, occasion: Occasion, verdict: Verdict
) -> str | None:
    """Record a decision that nobody was asked for; return why that failed, if it did."""
    said = record(occasion.call, verdict, occasion.about)
    channel = hook.channel_of(verdict, policy)
    why: str | None = f"the daemon did not take it within {_RECORD_SECONDS:g} s"
    with trio.move_on_after(_RECORD_SECONDS):
        try:
            async with AiloopClient(
                hook.server, transport="rest", role="agent", patience=NO_PATIENCE
            ) as client:
                await client.say(
                    channel,
                    said.content.text,
                    priority=said.content.priority,
                    metadata=said.metadata,
                )
            why = None
        except (AiloopError, ExceptionGroup) as raised:
            why = explain(only_ailoop_error(raised))
        except (TypeError, ValueError) as error:
            why = str(error)
    if why is not None:
        complain(f"a decision could not be recorded: {clean(why)}")
    return why


async def _asked(hook: Hook, policy: Policy, occasion: Occasion, verdict: Verdict) -> Answer:
    """Ask a person; nothing but their explicit approval allows."""
    seconds = hook.seconds_of(verdict, policy)
    content = request(occasion.call, verdict, seconds)
    with trio.move_on_after(seconds + _ASK_GRACE_SECONDS):
        try:
            async with AiloopClient(
                hook.server, transport="rest", role="agent", patience=_PATIENCE
            ) as client:
                approval = await client.authorize(
                    hook.channel_of(verdict, policy),
                    content.action,
                    context=content.context,
                    editable=content.editable,
                    timeout=seconds,
                    metadata=request_metadata(occasion.call, verdict, occasion.about),
                    key=occasion.key,
                    # Nobody is to approve what Claude Code has gone on from.
                    leave_open=False,
                )
        except (AiloopError, ExceptionGroup) as raised:
            return deny(_why_not(only_ailoop_error(raised)))
        except (TypeError, ValueError, RecursionError) as error:
            return deny(f"Denied: a person cannot be asked about it: {error}")
        return _told(policy, occasion, approval, seconds)
    return deny(f"Denied: there was no answer within {seconds} s")


def _told(policy: Policy, occasion: Occasion, approval: Approval, seconds: int) -> Answer:
    """Return what a person's decision comes to."""
    if not approval:
        return deny(refusal(approval.response, seconds))
    if not approval.edited:
        return Answer(Decision.ALLOW, consent(approval.response))
    if denied := denied_as_edited(policy, occasion.call, approval.context):
        return deny(f"As it was edited it may not be done. {denial(denied)}")
    why = f"{consent(approval.response)} (edited)"
    return Answer(Decision.ALLOW, why, approval.context)


def _why_not(error: AiloopError) -> str:
    if isinstance(error, Unreachable):
        return f"Denied, as nobody can be asked: {error}. Tell the user; do not try again now."
    if isinstance(error, NotAuthorized | UnreadAnswer):
        return f"Denied: {error}"  # there is an answer, which is not to be believed
    if isinstance(error, Conflict):
        return f"Denied: this call was asked about before, in other words: {error}"
    if isinstance(error, Refused) and error.code in ("too_large", "invalid_message"):
        return (
            f"Denied: it cannot be shown to a person as a whole: {error}. "
            "Do it in smaller steps, each of which can be shown."
        )
    return f"Denied, as nobody could be asked: {explain(error)}"
