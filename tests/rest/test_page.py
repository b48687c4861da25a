"""The web page: whole, from this server alone, and fenced by a strict policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from tests.serving import Served

KINDS = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
PARTS = sorted(one.name for one in (files("ailoop.transport.rest") / "static").iterdir())
OURS = {"http://www.w3.org"}
"""The namespace of SVG is a name, not an address."""


class Page(HTMLParser):
    """Collects what a page would load, and what it would run by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.inline: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag
        self.loaded |= {given[name] or "" for name in ("src", "href") if name in given}
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style":
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def address(part: str) -> str:
    """Return where a file is served."""
    return "/" if part == "index.html" else f"/{part}"


async def read(server: Served, part: str) -> str:
    answer = await server.http.get(address(part))
    assert answer.status_code == 200, part
    return answer.text


@pytest.mark.parametrize("part", PARTS)
async def test_headers(server: Served, part: str) -> None:
    """Each part has its type, may not be sniffed, and carries the same strict policy."""
    answer = await server.http.get(address(part))
    assert answer.status_code == 200
    kind = KINDS[part.rpartition(".")[2]]
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = dict(
        rule.strip().partition(" ")[::2]
        for rule in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy.pop("img-src") == "'self' data:"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}


async def test_nothing_inline_nothing_foreign(server: Served) -> None:
    """The page runs nothing of its own and loads only parts that this server has."""
    page = Page()
    page.feed(await read(server, "index.html"))
    assert page.inline == []
    assert page.loaded == {"icon.svg", "inbox.css", "start.js"}
    for part in page.loaded:
        await read(server, part)


async def test_every_module_is_there_and_used(server: Served) -> None:
    """What a module imports is served, and no file is left that none imports."""
    found, reached = {"start.js"}, set[str]()
    while found - reached:
        part = (found - reached).pop()
        reached.add(part)
        found |= set(
            re.findall(r'(?:from |import\()"\./([\w-]+\.js)"', await read(server, part))
        )
    assert reached == {part for part in PARTS if part.endswith(".js")}


@pytest.mark.parametrize("part", PARTS)
async def test_no_other_host(server: Served, part: str) -> None:
    """No part names another host, and no module makes HTML of what it is told."""
    text = await read(server, part)
    hosts = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", text))
    assert hosts <= OURS
    for dangerous in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "createContextualFragment",
        "DOMParser",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert dangerous not in text
