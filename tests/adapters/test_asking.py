"""What comes of asking when the daemon is away, step by step; and hints that are sentences."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve

from ailoop import AlreadySettled, Busy, Conflict, Undelivered, Unreachable, UnreadAnswer
from ailoop.adapters.asking import Asking, Prompt, ask_all
from ailoop.adapters.outcomes import Approved, Denied, NoDecision, Silent
from ailoop.adapters.steps import blocking
from ailoop.client.approval import Approval
from ailoop.client.ticket import Ticket
from ailoop.model.message import Response, ResponseMessage, ResponseType, SenderType

PROMPTS = [Prompt(key="k1", text="one", kind="authorization")]


def settled(ended: ResponseType, sender: SenderType, **metadata: str) -> ResponseMessage:
    """Make a response."""
    return ResponseMessage(
        channel="public",
        sender_type=sender,
        content=Response(response_type=ended),
        correlation_id=uuid4(),
        metadata=metadata,
    )


TICKET = Ticket(uuid4(), "public")
YES = settled(ResponseType.AUTHORIZATION_APPROVED, SenderType.HUMAN)

EDITED = evolve(
    YES,
    content=Response(answer='{"to":"ben"}', response_type=ResponseType.AUTHORIZATION_APPROVED),
)


class Client:
    """Gives one value, or raises it, for each call of a verb."""

    def __init__(self, **verbs: Any) -> None:
        self._verbs = {name: iter(values) for name, values in verbs.items()}
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*_: Any, **__: Any) -> Any:
            self.called.append(name)
            value = next(self._verbs.get(name, iter([None])))
            if isinstance(value, BaseException):
                raise value
            return value

        return call

    def approval_of(self, response: ResponseMessage, *_: Any, **__: Any) -> Approval:
        return Approval(response)


NOT_SHOWN = Undelivered(uuid4(), 3)
AWAY = Unreachable("no daemon at http://127.0.0.1:1")
UNREAD = UnreadAnswer(YES, "it is not sealed")
FASTER = AlreadySettled({"code": "already_settled"})
CASES: list[tuple[dict[str, Any], Any]] = [
    ({"post_authorization": [AWAY]}, Silent(str(AWAY))),
    ({"post_authorization": [TICKET], "wait": [AWAY]}, Silent(str(AWAY))),
    ({"post_authorization": [TICKET], "wait": [YES]}, Approved()),
    (
        {"post_authorization": [TICKET], "wait_delivered": [NOT_SHOWN], "withdraw": [None]},
        Silent("nobody was shown it within 3 seconds"),
    ),
    (
        {"post_authorization": [TICKET], "wait_delivered": [NOT_SHOWN], "withdraw": [AWAY]},
        Silent("nobody was shown it within 3 seconds"),
    ),
    (
        # Somebody decided at the very moment.
        {
            "post_authorization": [TICKET],
            "wait_delivered": [NOT_SHOWN],
            "withdraw": [FASTER],
            "wait": [YES],
        },
        Approved(),
    ),
    (
        {
            "post_authorization": [TICKET],
            "wait": [settled(ResponseType.CANCELLED, SenderType.HUMAN, reason="no")],
        },
        Denied("no"),
    ),
    (
        {
            "post_authorization": [TICKET],
            "wait": [
                settled(ResponseType.AUTHORIZATION_DENIED, SenderType.SYSTEM, reason="timeout")
            ],
        },
        Silent("nobody decided in time"),
    ),
    (
        # Nobody had offered to have it edited.
        {"post_authorization": [TICKET], "wait": [EDITED]},
        Silent("its arguments were edited, which nobody had offered"),
    ),
    (
        # Somebody decided at the very moment, and then the daemon went away.
        {
            "post_authorization": [TICKET],
            "wait_delivered": [NOT_SHOWN],
            "withdraw": [FASTER],
            "wait": [AWAY],
        },
        Silent(str(AWAY)),
    ),
    ({"post_authorization": [TICKET], "wait": [UNREAD]}, Silent(str(UNREAD))),
    (
        # An answer to another kind of prompt, from whoever mixed them up.
        {
            "post_authorization": [TICKET],
            "wait": [settled(ResponseType.TEXT, SenderType.AGENT)],
        },
        Silent("it was taken back: text"),
    ),
]


@pytest.mark.parametrize(("verbs", "outcome"), CASES, ids=map(str, range(len(CASES))))
def test_what_comes_of_it(verbs: dict[str, Any], outcome: Any) -> None:
    """Only a person's approval approves, and a person's denial denies."""
    asking = Asking(shown_within=3 if "wait_delivered" in verbs else None)
    assert blocking(ask_all(Client(**verbs), PROMPTS, asking)) == [outcome]


def test_silence_may_be_raised_and_stays_open() -> None:
    """Who comes back finds the prompt where it was."""
    client = Client(post_authorization=[TICKET], wait_delivered=[NOT_SHOWN])
    asking = Asking(on_silence="raise", shown_within=3)
    with pytest.raises(NoDecision, match="nobody was shown it within 3 seconds"):
        blocking(ask_all(client, PROMPTS, asking))
    assert "withdraw" not in client.called


def test_all_are_asked_before_any_is_waited_for() -> None:
    """People see everything at once; that one cannot be asked does not hold up another."""
    client = Client(post_authorization=[Busy({"code": "too_many_prompts"}), TICKET], wait=[YES])
    outcomes = blocking(ask_all(client, PROMPTS * 2, Asking()))
    assert client.called == ["post_authorization", "post_authorization", "wait"]
    assert isinstance(outcomes[0], Silent)
    assert outcomes[1] == Approved()


def test_a_mistake_is_no_silence() -> None:
    """What the caller did wrong is raised, whatever is to become of silence."""
    client = Client(post_authorization=[Conflict({"code": "id_conflict"})])
    with pytest.raises(Conflict):
        blocking(ask_all(client, PROMPTS, Asking()))


def test_there_are_two_ways_with_silence() -> None:
    """A misspelt one is found before anybody is asked."""
    with pytest.raises(ValueError, match="on_silence"):
        Asking(on_silence="approve")


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [("langgraph", "langgraph", "langgraph"), ("openai_agents", "agents", "openai-agents")],
)
def test_a_missing_library_is_named_in_a_line(module: str, missing: str, extra: str) -> None:
    """The last line says what to install; what is behind it is not shown."""
    program = f"import sys; sys.modules[{missing!r}] = None; import ailoop.adapters.{module}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    said = f"ailoop[{extra}] is not installed; try: pip install 'ailoop[{extra}]'"
    assert done.stderr.splitlines()[-1] == f"ModuleNotFoundError: {said}"
    assert "During handling" not in done.stderr


def test_what_is_missing_inside_a_library_is_not_hidden() -> None:
    """The hint is about the library alone."""
    program = "import sys; sys.modules['xxhash'] = None; import ailoop.adapters.langgraph"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "xxhash" in done.stderr.splitlines()[-1]


def test_what_is_cut_short_is_taken_back_where_nobody_returns() -> None:
    """What has not been decided yet, and nothing else; the interrupt goes on."""
    for returns in (True, False):
        client = Client(post_authorization=[TICKET] * 3, wait=[YES, KeyboardInterrupt()])
        with pytest.raises(KeyboardInterrupt):
            blocking(ask_all(client, PROMPTS * 3, Asking(returns=returns)))
        assert client.called.count("withdraw") == (0 if returns else 2)
