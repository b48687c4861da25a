"""One browser for all of the page's tests, a daemon a module, a context for each inbox.

The browser belongs to this folder alone: while Playwright runs, its thread has an asyncio
loop, in which no test of another folder could run one of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon
from tests.page.browser import Inbox, open_chromium
from tests.page.posting import withdraw_all

OpenInbox = Callable[..., Inbox]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Run the browser."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def daemon() -> Iterator[DaemonProcess]:
    """Run the daemon that most tests of a module share."""
    with running_daemon("--log-level", "error") as process:
        yield process


@pytest.fixture
def api(daemon: DaemonProcess) -> Iterator[Api]:
    """Speak to the daemon as agents and other people do; what is left open is withdrawn."""
    api = Api(daemon.rest)
    yield api
    withdraw_all(api)
    api.close()


def _fulfill(body: str, route: Route) -> None:
    route.fulfill(body=body)


@pytest.fixture
def open_inbox(chromium: Browser, daemon: DaemonProcess) -> Iterator[OpenInbox]:
    """Return what opens inboxes; at the end none of them may have had a problem."""
    opened: list[Inbox] = []

    def open_one(
        person: str = "",
        *,
        url: str = "",
        script: str = "",
        cable: bool = False,
        clock: bool = False,
        routes: dict[str, str] | None = None,
        **options: Any,
    ) -> Inbox:
        context = chromium.new_context(**{"reduced_motion": "reduce", **options})
        if script:
            context.add_init_script(script)
        for pattern, body in (routes or {}).items():
            context.route(pattern, partial(_fulfill, body))
        if person:
            kept = f"localStorage.setItem('ailoop.name', {json.dumps(person)})"
            context.add_init_script(f"if (location.host) {kept}")
        inbox = Inbox(context, url or daemon.rest, cable=cable, clock=clock)
        opened.append(inbox)
        return inbox

    yield open_one
    problems = [problem for inbox in opened for problem in inbox.problems]
    for inbox in opened:
        inbox.context.close()
    assert problems == []


@pytest.fixture
def inbox(open_inbox: OpenInbox) -> Inbox:
    """Open an inbox of ann's."""
    return open_inbox("ann")
