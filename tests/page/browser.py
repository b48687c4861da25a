"""A real Chromium, and one page of it as a person's inbox."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    WebSocketRoute,
    expect,
    sync_playwright,
)

__all__ = ["Cable", "Inbox", "open_chromium"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Run a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()


class Cable:
    """What a page's WebSocket runs through: it can be cut, and remembers what the page said."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self._is_cut = False
        self._ends: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/ws$"), self._plug)

    def _plug(self, end: WebSocketRoute) -> None:
        if self._is_cut:
            end.close()
            return
        server = end.connect_to_server()

        def forward(frame: str | bytes) -> None:
            self.sent.append(json.loads(frame))
            server.send(frame)

        end.on_message(forward)
        self._ends.append(end)

    def cut(self, code: int | None = None) -> None:
        """End the connection, and let no other be made.

        :param code: what the page is told of why.
        """
        self._is_cut = True
        self.sent.clear()
        while self._ends:
            self._ends.pop().close(code=code)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False


class Inbox:
    """The page, open in a context of its own: nothing is shared with another one.

    ``problems`` collects what must never happen: an exception, a dialog, a request to another
    host, something that the Content-Security-Policy had to stop.

    :param cable: have the WebSocket run through a :class:`Cable`.
    :param clock: have the page's time be one that :meth:`pass_time` can move.
    """

    def __init__(
        self, context: BrowserContext, url: str, *, cable: bool = False, clock: bool = False
    ) -> None:
        self.context = context
        self.url = url
        self.problems: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.cable = Cable(self.page) if cable else None
        self._watch()
        if clock:
            self.page.clock.install()
        self.page.goto(url)
        expect(self.state).to_have_text("Connected")

    def _watch(self) -> None:
        host = urlsplit(self.url).netloc

        def check_request(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme not in ("data", "blob") and parts.netloc != host:
                self.problems.append(f"requested {url}")

        def check_console(text: str) -> None:
            if "Content Security Policy" in text:
                self.problems.append(text)

        def refuse_dialog(dialog: Any) -> None:
            self.problems.append(f"dialog {dialog.message}")
            dialog.dismiss()

        self.page.on("request", lambda request: check_request(request.url))
        self.page.on("websocket", lambda socket: check_request(socket.url))
        self.page.on("console", lambda message: check_console(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", refuse_dialog)

    @property
    def state(self) -> Locator:
        """What the page says of its connection."""
        return self.page.locator("#connection")

    @property
    def cards(self) -> Locator:
        """The prompts that are shown."""
        return self.page.locator("#prompts > li")

    @property
    def threads(self) -> Locator:
        """What the history shows."""
        return self.page.locator("#history > li")

    @property
    def focused(self) -> Locator:
        """The prompt that has the focus."""
        return self.page.locator("#prompts > li:has(:focus)")

    def card(self, prompt_id: str) -> Locator:
        """Return where one prompt is shown."""
        return self.page.locator(f"#prompts > li[data-id='{prompt_id}']")

    def field(self, prompt_id: str) -> Locator:
        """Return where a person writes to a prompt."""
        return self.card(prompt_id).locator(".words textarea")

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def select(self, prompt_id: str) -> None:
        """Select a prompt by keyboard."""
        expect(self.card(prompt_id)).to_be_visible()
        for _ in range(self.cards.count()):
            self.press("j")
            if self.focused.get_attribute("data-id") == prompt_id:
                return
        raise AssertionError(f"{prompt_id} cannot be selected")

    def pass_time(self, seconds: float) -> None:
        """Have the page believe that so much more time has passed."""
        self.page.clock.fast_forward(int(seconds * 1000))

    def call_me(self, person: str) -> None:
        """Tell the page who answers."""
        self.page.locator(".settings summary").click()
        self.page.get_by_label("Your name").fill(person)
        self.page.locator(".settings summary").click()
        expect(self.page.locator("#who")).to_have_text(person)

    def switch_on(self, setting: str) -> None:
        """Switch a setting on, as a person does."""
        self.page.locator(".settings summary").click()
        self.page.get_by_label(setting).check()
        self.page.locator(".settings summary").click()

    def expect_count(self, count: int) -> None:
        """The title tells how many prompts wait."""
        expect(self.page).to_have_title(f"({count}) ailoop" if count else "ailoop")

    def expect_outcome(self, prompt_id: str, text: str | re.Pattern[str]) -> None:
        """A prompt's card says what has become of it."""
        expect(self.card(prompt_id).locator(".outcome")).to_contain_text(text)
