"""The web page: whole, from this server alone, and fenced by a strict policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.serving import Served

PARTS = {"/": "text/html", "/inbox.js": "text/javascript", "/inbox.css": "text/css"}


class Page(HTMLParser):
    """Collects what a page would load, and what it would run by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag
        self.loaded += [given[name] or "" for name in ("src", "href") if name in given]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style":
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@pytest.mark.parametrize("path", PARTS)
async def test_headers(server: Served, path: str) -> None:
    """Each part has its type, may not be sniffed, and carries the same strict policy."""
    answer = await server.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{PARTS[path]}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = dict(
        rule.strip().partition(" ")[::2]
        for rule in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}


async def test_nothing_inline_nothing_foreign(server: Served) -> None:
    """The page runs nothing of its own and loads only parts that this server has."""
    page = Page()
    page.feed((await server.http.get("/")).text)
    assert page.inline == []
    assert sorted(page.loaded) == ["inbox.css", "inbox.js"]
    for part in page.loaded:
        assert (await server.http.get(f"/{part}")).status_code == 200


@pytest.mark.parametrize("path", PARTS)
async def test_no_other_host(server: Served, path: str) -> None:
    """No part names another host, and the script never makes HTML of what it is told."""
    text = (await server.http.get(path)).text
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", text) == []
    for dangerous in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ):
        assert dangerous not in text
