"""What the documentation takes from the code, so that the two cannot drift apart.

``error-table``, ``settings-table`` and ``cli-options`` write tables at build time; the roles
``setting`` and ``err`` link to their rows. The role ``src`` names a file, or a name in a file
(``Channel.run <ailoop/broker/channel.py>``), and fails the build where there is none.
A ``~`` before it hides the path.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click
from attrs import fields
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ailoop.cli.main import cli
from ailoop.client.errors import refusal_of
from ailoop.daemon.settings import PREFIX, Settings
from ailoop.model.errors import CATALOGUE

ROOT = Path(__file__).resolve().parent.parent

Row = Sequence[str]


# -- rows: plain functions, so that tests may call them -------------------------------------


def error_rows() -> Iterator[Row]:
    """Yield a row for each error of the catalogue."""
    for code, spec in CATALOGUE.items():
        raised = type(refusal_of({"code": code})).__name__
        again = f"{spec.retry_after} s" if spec.retry_after is not None else ""
        yield f"``{code}``", str(spec.status), spec.sentence, again, f"``{raised}``"


def setting_rows() -> Iterator[Row]:
    """Yield a row for each setting of the daemon."""
    for one in fields(Settings):
        flag = f"``--{one.name.replace('_', '-')}``"
        default = "none" if one.default in ((), "") else f"``{one.default}``"
        variable = f"``{PREFIX}{one.name.upper()}``"
        about = one.metadata["help"].replace("*", r"\*")  # of a pattern, not of emphasis
        yield f"``{one.name}``", about, default, flag, variable


def option_rows(name: str) -> Iterator[Row]:
    """Yield a row for each argument and option of a command, but not for settings.

    :param name: with that of its group before it, if it is in one.
    """
    command: click.Command | None = cli
    for word in name.split():
        inner = command if isinstance(command, click.Group) else None
        command = inner.get_command(click.Context(inner), word) if inner else None
    if command is None:
        raise LookupError(f"there is no command {name}")
    settings = {one.name for one in fields(Settings)}
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            yield f"``{parameter.make_metavar(click.Context(command))}``", "", ""
        elif isinstance(parameter, click.Option) and parameter.name not in settings:
            yield _option_row(parameter)


def _option_row(option: click.Option) -> Row:
    flags = [*option.opts, *option.secondary_opts]
    if not option.is_flag:
        taken = option.metavar or _kind(option)
        flags[-1] += f" {taken}"
    about = option.help or ""
    variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
    if variables:
        about += f" Also {' or '.join(f'``{name}``' for name in variables)}."
    fixed = not option.is_flag and isinstance(option.default, str | int)
    return ", ".join(f"``{flag}``" for flag in flags), about, _literal(option.default, fixed)


def _kind(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return (
        "N" if isinstance(option.type, click.types.IntParamType) else option.type.name.upper()
    )


def _literal(value: Any, shown: bool) -> str:
    return f"``{value}``" if shown else ""


# -- tables ---------------------------------------------------------------------------------


class Table(SphinxDirective):
    """A table whose rows come from the code."""

    heads: Row = ()
    widths = "auto"
    objects = ""

    def rows(self) -> Iterable[Row]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {self.widths}", ""]
        for row in (self.heads, *self.rows()):
            lines += [f"   {' ' if i else '*'} - {cell}" for i, cell in enumerate(row)]
        made = self.parse_text_to_nodes("\n".join(lines))
        if self.objects:
            self._name_rows(made)
        return made

    def _name_rows(self, made: list[nodes.Node]) -> None:
        for body in made[0].findall(nodes.tbody):
            for row in body.children:
                name = row.next_node(nodes.literal).astext()
                target = nodes.make_id(f"{self.objects}-{name}")
                row["ids"].append(target)
                self.env.domains.standard_domain.note_object(
                    self.objects, name, target, location=row
                )


class ErrorTable(Table):
    """``.. error-table::``"""

    heads = ("Code", "Status", "Sentence", "Retry", "Python")
    widths = "22 8 44 8 18"
    objects = "err"

    def rows(self) -> Iterable[Row]:
        return error_rows()


class SettingsTable(Table):
    """``.. settings-table::``"""

    heads = ("Key", "Meaning", "Default", "Flag", "Variable")
    widths = "20 34 14 22 26"
    objects = "setting"

    def rows(self) -> Iterable[Row]:
        return setting_rows()


class CliOptions(Table):
    """``.. cli-options:: COMMAND``"""

    required_arguments = 1
    final_argument_whitespace = True
    heads = ("Argument", "Meaning", "Default")
    widths = "34 50 16"

    def rows(self) -> Iterable[Row]:
        return option_rows(self.arguments[0])


# -- names in the code ----------------------------------------------------------------------

_NAMED = re.compile(r"(?P<short>~?)(?P<name>[\w.]+) <(?P<path>[^>]+)>")


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the functions, classes, methods and variables that a file defines."""
    return frozenset(_names(ast.parse(path.read_text()).body, ""))


def _names(body: Iterable[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield prefix + node.name
                yield from _names(node.body, f"{prefix}{node.name}.")
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                yield prefix + name


class SourceRole(SphinxRole):
    """``:src:`file``` or ``:src:`name <file>```"""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = _NAMED.fullmatch(self.text)
        path = found["path"] if found else self.text
        there = ROOT / path
        missing = not there.exists() or (found and found["name"] not in names_in(there))
        if missing:
            told = self.inliner.reporter.error(
                f"not in the code: {self.text}", line=self.lineno
            )
            return [nodes.literal(text=self.text)], [told]
        if not found:
            return [nodes.literal(text=path)], []
        name = nodes.literal(text=found["name"])
        if found["short"]:
            return [name], []
        return [name, nodes.Text(" ("), nodes.literal(text=path), nodes.Text(")")], []


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directives and roles known."""
    app.add_object_type("setting", "setting", objname="setting")
    app.add_object_type("err", "err", objname="error code")
    app.add_directive("error-table", ErrorTable)
    app.add_directive("settings-table", SettingsTable)
    app.add_directive("cli-options", CliOptions)
    app.add_role("src", SourceRole())
    return {"parallel_read_safe": True}
