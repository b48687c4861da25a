"""Wrong usage: exit 2, and the problem named, before anybody is asked anything."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ailoop.cli.main import cli
from tests.cli.commands import ailoop

NOWHERE = ("--server", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("ask",), "QUESTION"),
        (("ask", "a", "b"), "unexpected extra argument"),
        (("ask", ""), "$.content.text"),
        (("ask", "q", "-t", "-1"), "--timeout"),
        (("ask", "q", "-t", "soon"), "--timeout"),
        (("ask", "q", "-c", "no spaces"), "--channel"),
        (("ask", "q", "-c", "admin"), "--channel"),
        (("ask", "q", "-c", "x" * 65), "--channel"),
        (("ask", "q", "--choice", "a", "--choice", ""), "$.content.choices"),
        (("ask", "q", "--verbose"), "--verbose"),
        (("ask", "q", "--server", "somewhere"), "--server"),
        (("ask", "q", "--server", "ftp://somewhere"), "--server"),
        (("ask", "q", "--server", "http://"), "--server"),
        (("ask", "q", "--server", "http://host:port"), "--server"),
        (("ask", "q", "--server", "http://[::1"), "--server"),
        (("ask", "q", "--server", "http://a..b"), "--server"),
        (("authorize",), "ACTION"),
        (("authorize", "a", "--context", "{"), "--context"),
        (("authorize", "a", "--context", "[" * 400 + "]" * 400), "cannot be sent"),
        (("authorize", "half \udcff a letter"), "cannot be sent"),
        (("ask", "q", "-t", "9" * 30), "cannot be sent"),
        (("navigate", "javascript:alert(1)"), "$.content.url"),
        (("navigate", "https://"), "$.content.url"),
        (("say", "x", "-p", "loudest"), "--priority"),
        (("forward", "-c", "../secret", *NOWHERE), "--channel"),
        (("answer", "not-an-id", "x", *NOWHERE), "ID"),
        (("approve", "not-an-id", *NOWHERE), "ID"),
        (("deny",), "ID"),
        (("history", "-n", "0", *NOWHERE), "--limit"),
        (("history", "-c", "../../v1/health", *NOWHERE), "--channel"),
        (("inbox", "--once", "-c", "?x=y", *NOWHERE), "--channel"),
        (("serve", "--port", "x"), "--port"),
        (("serve", "--no-such-setting", "1"), "--no-such-setting"),
        (("unheard-of",), "unheard-of"),
        (("--unheard-of",), "--unheard-of"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_the_problem_is_named(arguments: tuple[str, ...], named: str) -> None:
    """Exit 2 with a sentence that names the argument or option, on stderr alone."""
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_in_a_process() -> None:
    """The same from a shell: usage on stderr, exit 2, nothing on stdout."""
    done = ailoop("ask")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ailoop ask")


def test_a_bad_address_in_the_environment() -> None:
    """A variable that is no address is as wrong as a flag, and is named."""
    done = ailoop("ask", "q", env={"AILOOP_SERVER": "somewhere"})
    assert done.returncode == 2
    assert "AILOOP_SERVER" in done.stderr


def test_an_empty_variable_is_none() -> None:
    """``AILOOP_SERVER=`` asks here, as if it were not set."""
    done = ailoop("ask", "q", env={"AILOOP_SERVER": ""}, typed="here\n")
    assert (done.returncode, done.stdout) == (0, "here\n")
