"""Forms and editable authorizations on the command line: asking, answering, filling in."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from ailoop.cli.form_options import read_schema_options
from ailoop.cli.main import cli
from tests.cli.commands import ailoop, finish, started
from tests.cli.terminal import CTRL_D, on_terminal
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess

FIELDS = ("--field", "version:text", "--field", "replicas:int?=3", "--field", "region:eu|us")
SCHEMA = {
    "type": "object",
    "properties": {
        "version": {"type": "string"},
        "replicas": {"type": "integer", "default": 3},
        "region": {"type": "string", "enum": ["eu", "us"]},
    },
    "required": ["version", "region"],
}
CONTEXT = '{"to": "all", "limit": 5}'


@pytest.fixture
def env(daemon: DaemonProcess) -> dict[str, str]:
    """The environment that names the daemon."""
    return {"AILOOP_SERVER": daemon.rest}


def test_the_same_form_in_three_ways(tmp_path: Path) -> None:
    """Fields, a file and JSON make the same form."""
    text = orjson.dumps(SCHEMA).decode()
    (tmp_path / "form.json").write_text(text)
    for schema, fields in (
        (None, FIELDS[1::2]),
        (str(tmp_path / "form.json"), ()),
        (text, ()),
    ):
        assert read_schema_options(schema, fields) == SCHEMA


def test_a_form_of_a_server(api: Api, channel: str, env: dict[str, str]) -> None:
    """``answer --value`` fills it in, and all that is wrong is told."""
    with started("ask", "What?", "-c", channel, *FIELDS, "--json", env=env) as agent:
        (item,) = api.wait_pending(channel)
        assert item["message"]["content"]["schema"] == SCHEMA
        prompt_id = item["message_id"]
        wrong = ailoop("answer", prompt_id, "--value", '{"version": 1, "a": 2}', env=env)
        ailoop("answer", prompt_id, "--value", '{"region": "us", "version": "2"}', env=env)
        done = finish(agent)
    assert wrong.returncode == 2
    assert wrong.stderr == (
        "ailoop: version must be text, not a number; region is required; "
        "a is no field of this form\n"
    )
    said = orjson.loads(done.stdout)
    assert done.returncode == 0
    assert said["response"] == '{"version":"2","region":"us"}'
    assert said["value"] == {"version": "2", "region": "us"}


def test_an_edited_authorization(api: Api, channel: str, env: dict[str, str]) -> None:
    """``approve --value`` approves another context, and the agent prints what was approved."""
    asking = ("authorize", "send", "-c", channel, "--context", CONTEXT, "--editable")
    with started(*asking, env=env) as agent:
        (item,) = api.wait_pending(channel)
        person = ailoop("approve", item["message_id"], "--value", '{"to": "ann"}', env=env)
        done = finish(agent)
    assert person.stdout == f'recorded on {channel}: {{"to":"ann"}}\n'
    assert (done.returncode, done.stdout) == (0, 'approved\n{"to":"ann"}\n')
    with started(*asking, "--json", env=env) as agent:
        (item,) = api.wait_pending(channel)
        ailoop("approve", item["message_id"], env=env)
        done = finish(agent)
    said = orjson.loads(done.stdout)
    assert said["authorized"] is True
    assert (said["edited"], said["context"]) == (False, orjson.loads(CONTEXT))
    with started(*asking[:-1], env=env) as agent:
        (item,) = api.wait_pending(channel)
        refused = ailoop("approve", item["message_id"], "--value", "{}", env=env)
        ailoop("deny", item["message_id"], env=env)
        assert finish(agent).stdout == "denied\n"
    assert (refused.returncode, "is not editable" in refused.stderr) == (2, True)


def test_a_form_at_this_terminal() -> None:
    """Field by field, with defaults; what is wrong is asked again."""
    with on_terminal("ask", "Release?", *FIELDS, "--json") as terminal:
        terminal.wait_for("version:")
        assert "region: one of eu | us, required" in terminal.screen
        for typed, shown in (
            ("", "it is required"),
            ("1.2", "replicas [3, - leaves it out]:"),
            ("many", "it must be a number"),
            ("", "region:"),
            ("asia", "it must be one of eu, us"),
        ):
            terminal.enter(typed)
            terminal.wait_for(shown)
        terminal.enter("2")
        assert terminal.wait() == 0
        assert (
            '"value":{"version":"1.2","replicas":3,"region":"us"}'
            in terminal.screen.replace("\n", "")
        )
        terminal.check_restored()


def test_what_is_typed() -> None:
    """Lines of a pipe fill in a form as those of a person do; several choices stand on one."""
    several = {"type": "array", "items": {"enum": ["unit", "load", "smoke"]}, "minItems": 1}
    rows = [
        ("a:bool", "yes\n", True),
        ("b:bool?=true", "-\n", None),
        ("c:number", "1.50\n", 1.5),
        ("d:date", "tomorrow\n2026-02-01\n", "2026-02-01"),
        ("e:text?", "\n", None),
        ("f:text=a: b=c", "\n", "a: b=c"),
        ("g:email", "ann@example.org\n", "ann@example.org"),
        ("h:Large one|Small one", "small ONE\n", "Small one"),
    ]
    schema = read_schema_options(None, tuple(field for field, _, _ in rows))
    assert schema is not None
    schema["properties"]["checks"] = several
    typed = "".join(typed for _, typed, _ in rows) + "none\n3, Unit\n"
    done = ailoop("ask", "?", "--schema", orjson.dumps(schema).decode(), typed=typed)
    filled = {field[0]: value for field, _, value in rows if value is not None}
    assert orjson.loads(done.stdout) == {**filled, "checks": ["smoke", "unit"]}


def test_the_input_ends() -> None:
    """Half a form is no answer."""
    done = ailoop("ask", "Release?", *FIELDS, "--json", typed="1.2\n")
    assert done.returncode == 1
    assert orjson.loads(done.stdout)["error"] == "cancelled"
    with on_terminal("ask", "Release?", *FIELDS) as terminal:
        terminal.wait_for("version:")
        terminal.type(CTRL_D)
        assert terminal.wait() == 1


def test_time_is_over() -> None:
    """A form that is not filled in in time is none."""
    with on_terminal("ask", "Release?", *FIELDS, "-t", "1") as terminal:
        assert terminal.wait() == 1
        assert "Nobody answered in time" in terminal.screen


def test_an_edit_at_this_terminal() -> None:
    """``e`` asks for each member, shows what it comes to, and asks again."""
    asking = ("authorize", "send", "--context", CONTEXT, "--editable", "--json")
    with on_terminal(*asking) as terminal:
        for typed, shown in (
            (None, "Allow it? [y/N, e changes it first]"),
            ("e", "to [all]:"),
            ("ann", "limit [5]:"),
            ("five", "is not JSON"),
            ("4", '"limit": 4'),
        ):
            if typed is not None:
                terminal.enter(typed)
            terminal.wait_for(shown)
        terminal.wait_until(
            lambda: terminal.screen.count("Allow it?") == 2, "it was asked again"
        )
        terminal.enter("y")
        assert terminal.wait() == 0
        assert '"edited":true,"context":{"to":"ann","limit":4}' in terminal.screen


def test_pasted_fields_do_not_approve() -> None:
    """Lines that are typed ahead, into the fields, do not reach the question that decides."""
    asking = ("authorize", "send", "--context", CONTEXT, "--editable")
    with on_terminal(*asking) as terminal:
        terminal.wait_for("Allow it?")
        terminal.type("e\rann\r4\ry\r")
        terminal.wait_until(
            lambda: terminal.screen.count("Allow it?") == 2, "it was asked again"
        )
        terminal.enter("n")
        assert terminal.wait() == 1
        assert terminal.screen.splitlines()[-1] == "denied"


def test_nobody_at_a_pipe_edits() -> None:
    """A pipe is no person."""
    done = ailoop("authorize", "x", "--context", "{}", "--editable", typed="y\n")
    assert (done.returncode, "approved" in done.stdout) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--field", "x"), "not NAME:TYPE"),
        (("--field", "x:word"), "word is no type"),
        (("--field", "x:int=a"), "schema.properties.x.default: must be a whole number"),
        (("--field", "x:bool=maybe"), "schema.properties.x.default: must be true or false"),
        (("--field", "x:text", "--field", "x:int"), "x is there twice"),
        (("--field", "x:a|a"), "schema.properties.x.enum[1]: is there twice"),
        (("--schema", "{"), "not JSON"),
        (("--schema", "[1]"), "No such file"),
        (("--schema", "/dev/null"), "not JSON"),
        (("--schema", "{}"), 'schema.type: must be "object"'),
        (("--schema", "{}", "--field", "x:int"), "do not go together"),
        (("--field", "x:int", "--choice", "a"), "does not go together"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_used_wrongly(arguments: tuple[str, ...], told: str) -> None:
    """A form that is none is told at once, before anybody is asked."""
    done = CliRunner().invoke(cli, ["ask", "?", *arguments])
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.parametrize("arguments", [(), ("a", "--value", "{}"), ("--value", "[1]")])
def test_answers_used_wrongly(arguments: tuple[str, ...]) -> None:
    """An answer is a text or an object."""
    prompt_id = "01990000-0000-7000-8000-000000000001"
    assert CliRunner().invoke(cli, ["answer", prompt_id, *arguments]).exit_code == 2


def test_a_default_is_read_as_what_is_typed() -> None:
    """``yes`` is yes, and a choice has its number, before the form is there and in it."""
    schema = read_schema_options(None, ("dry:bool=yes", "region:eu|us=2", "count:int= 3"))
    assert schema is not None
    defaults = {name: part["default"] for name, part in schema["properties"].items()}
    assert defaults == {"dry": True, "region": "us", "count": 3}
