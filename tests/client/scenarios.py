"""What every face of the client is held to, which test does it, and what is left out.

``python -m tests.client.scenarios`` writes ``README.rst`` anew from the tests themselves: their
docstrings, and the reasons that :func:`~tests.client.faces.but` and
:func:`~tests.client.faces.alone` were given. A test holds the file against them.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from attrs import frozen

__all__ = ["README", "SCENARIOS", "Case", "cases", "page"]

TESTS = Path(__file__).resolve().parents[1]
TYPESCRIPT = frozenset({"place", "typescript"})
"""The fixtures of what only the TypeScript client has."""

README = TESTS / "client" / "README.rst"

FILES = (
    *sorted(TESTS.glob("client/test_*.py")),
    TESTS / "access" / "test_clients.py",
    TESTS / "rates" / "test_client.py",
)

SCENARIOS = {
    "Ask and answer": "ask ask_timeout timeout_of_zero longer_than_calendars several_at_once"
    " navigate respond approve"
    " say post_any_content post_all one_of_several_is_refused prompt_by_id"
    " surface_is_recorded",
    "Choices": "ask_with_choices not_a_choice",
    "Deny by default": "approved denied timeout_is_no_approval cancelled_is_no_approval"
    " guarded_function guarded_block guard_mistakes false_unless_approved required",
    "Late answer": "expired wait_elsewhere answer_during_the_cut ticket ticket_of_each"
    " lost_ticket conflicts",
    "Cancellation": "cancelled_ask cancelled_ask_left_open withdraw cancelled_block"
    " error_of_the_block error_of_the_block_in_a_feed",
    "Once": "key ack_lost withdraw_repeated refused_while_stopping",
    "Reconnect": "ask_survives_a_cut asked_while_away feed_goes_on half_open idle_is_cut"
    " heartbeat_keeps_it quiet_but_alive gives_up hopeless",
    "Restart": "prompt_lost feed_of_another_life stopped_and_started stopped_while_waiting"
    " lost_while_waiting draining refused_by_a_stopping_server unavailable every_ask_ends_once",
    "Gap": "missed cursors cursors_within_a_page",
    "Feeds": "subscribe subscribe_one replay all after two_feeds readers_of_one_feed",
    "Lists": "pending history channels_and_health",
    "Saying without waiting": "say_without_waiting many_behind_what_is_said too_much_said"
    " together",
    "Delivery": "undelivered delivered settled_unshown undelivered_without_a_server delivery"
    " not_known show_what_is_gone deliveries deliveries_over_http",
    "Finding the server": "nobody not_ailoop server_that_hangs_up no_room no_websocket"
    " other_major_version other_minor_version opened_and_closed_at_once base_url where_it_is",
    "Errors": "invalid not_found no_id busy role too_large told_when_to_come_again never"
    " each_code",
    "Auth": "an_agent_and_a_person no_token where_a_token_comes_from a_token_is_asked_for_anew"
    " a_revoked_key_ends_a_client a_token_of_an_issuer a_feed_shows_what_is_granted"
    " who_sent_what_is_encrypted",
    "Forms and edits": "ask_a_form ask_for_an_instance nobody_fills_in a_form_in_steps"
    " an_answer_that_does_not_fit a_schema_that_is_none respond_with_an_object"
    " respond_with_an_edited_context edited edited_in_steps an_edit_that_is_none"
    " an_edit_that_nobody_offered",
    "The earlier SDK's forms": "the_earlier_forms",
}
"""By scenario, its tests: the names of their functions without ``test_``."""


_ELSEWHERE = """
Encrypted content and receipts
------------------------------

They have tests of their own, on every face as well, in ``tests/sealed`` and ``tests/trust``.
What the two languages have sealed and signed is in the golden frames of ``tests/wire``.
"""


@frozen
class Case:
    """A test of what a face promises."""

    name: str
    file: str
    claim: str
    left_out: dict[str, str]
    alone: str
    is_theirs: bool

    @property
    def where(self) -> str:
        """Where it runs."""
        if self.alone:
            return f"no choice of faces: {self.alone}"
        if self.is_theirs:
            return "node and chromium"
        if not self.left_out:
            return "every face"
        by_reason: dict[str, list[str]] = {}
        for name, why in self.left_out.items():
            by_reason.setdefault(why, []).append(name)
        told = [f"{' and '.join(names)} ({why})" for why, names in by_reason.items()]
        return f"all but {'; '.join(told)}"


def cases() -> list[Case]:
    """Return every test that runs on faces, or says that it is of one alone."""
    found = []
    for path in FILES:
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        found += [
            _case(path, node, constants)
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
            and _is_of_a_face(node)
        ]
    return found


def _is_of_a_face(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # The kinds of a made-up client, a compatibility's version and so on are other arguments.
    if test.name in ("test_versions", "test_no_cryptography"):
        return False
    names = {one.arg for one in test.args.args}
    named = {_name(one) for one in test.decorator_list}
    return bool(names & {"face", "client", "agent", "surface", *TYPESCRIPT}) or bool(
        named & {"alone", "but"}
    )


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""


def _case(
    path: Path,
    test: ast.FunctionDef | ast.AsyncFunctionDef,
    constants: dict[str, ast.expr],
) -> Case:
    left_out: dict[str, str] = {}
    alone = ""
    for one in test.decorator_list:
        if not isinstance(one, ast.Call):
            continue
        if _name(one) == "but":
            for keyword in one.keywords:
                value = keyword.value
                named = constants[value.id] if isinstance(value, ast.Name) else value
                told = ast.literal_eval(named)
                left_out |= told if keyword.arg is None else {keyword.arg: told}
        elif _name(one) == "alone":
            alone = ast.literal_eval(one.args[0])
    claim = (ast.get_docstring(test) or "").partition("\n\n")[0]
    return Case(
        test.name.removeprefix("test_"),
        str(path.relative_to(TESTS)),
        " ".join(claim.split()),
        left_out,
        alone,
        not TYPESCRIPT.isdisjoint(one.arg for one in test.args.args),
    )


def page() -> str:
    """Return the page."""
    head = """\
    What every face of the client is held to
    ========================================

    One suite runs on five faces: in Python the client on Trio, on asyncio and the blocking
    one; in TypeScript ``ailoop-js`` in Node and in Chromium, which tests call over a bridge.
    Most tests run over a WebSocket and over HTTP alone.

    Written by ``python -m tests.client.scenarios`` from the tests, one of which checks it.
    """
    parts = [textwrap.dedent(head)]
    by_name = {one.name: one for one in cases()}
    for title, names in SCENARIOS.items():
        parts.append(f"\n{title}\n{'-' * len(title)}\n\n")
        for name in names.split():
            one = by_name[name]
            parts.append(f"* ``{one.file}::test_{name}`` on {one.where}.\n  {one.claim}\n")
    return "".join([*parts, _ELSEWHERE])


if __name__ == "__main__":
    README.write_text(page())
