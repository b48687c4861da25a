"""The page where a server wants to know who is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ailoop.access.keys import KeyFile
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon


class House:
    """A daemon with keys, the keys, and an agent of it."""

    def __init__(self, process: DaemonProcess, file: KeyFile, keys: dict[str, str]) -> None:
        self.url = process.rest
        self.file = file
        self.keys = keys
        self.agent = Api(process.rest)
        self.agent._http.headers["Authorization"] = f"Bearer {keys['bot']}"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Run a daemon that wants to know who is there."""
    file = KeyFile(tmp_path / "keys.json")
    keys = {
        "bot": file.create("bot", ["agent:*"])[0],
        "ann": file.create("ann", ["human:*"])[0],
    }
    with running_daemon("--auth-keys", str(tmp_path / "keys.json")) as process:
        house = House(process, file, keys)
        yield house
        house.agent.close()


@pytest.fixture
def page(chromium: Browser, house: House) -> Iterator[Page]:
    """Open the page, which asks who is there."""
    context = chromium.new_context()
    context.add_init_script("localStorage.setItem('ailoop.name', 'the boss')")
    page = context.new_page()
    page.set_default_timeout(10_000)
    problems: list[Any] = []
    page.on("pageerror", lambda error: problems.append(error))
    page.goto(house.url)
    yield page
    assert not problems
    context.close()


@contextmanager
def evil_site() -> Iterator[str]:
    """Serve an empty page. A browser takes its port for our site, and sends the cookie."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def sign_in(page: Page, key: str) -> None:
    """Fill in the dialog."""
    page.get_by_label("API key or token").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_and_answering(page: Page, house: House) -> None:
    """A wrong key is said to be wrong; with a good one a person answers under its name."""
    prompt = house.agent.request_permission("a", "Deploy the site")
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Deploy the site")).to_have_count(0)
    sign_in(page, "nobody")
    expect(page.get_by_role("alert").filter(has_text="not known here")).to_be_visible()
    sign_in(page, house.keys["ann"])
    expect(page.locator("#connection")).to_have_text("Connected")
    expect(page.locator("#who")).to_have_text("ann")
    page.get_by_role("button", name="Approve").click()
    assert house.agent.response_to(prompt)["metadata"]["responder"] == "ann"


def test_what_a_script_can_read(page: Page, house: House) -> None:
    """Neither the key nor the cookie is anywhere that a script could read it."""
    sign_in(page, house.keys["ann"])
    expect(page.locator("#connection")).to_have_text("Connected")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    read = page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage},"
        " document.documentElement.outerHTML, document.querySelector('#credential').value])"
    )
    for secret in (house.keys["ann"], cookie["value"]):
        assert secret not in read


def test_a_reload_and_signing_out(page: Page, house: House) -> None:
    """Who reloads stays; who signs out is asked again, here and in the next tab."""
    sign_in(page, house.keys["ann"])
    expect(page.locator("#connection")).to_have_text("Connected")
    page.reload()
    expect(page.locator("#connection")).to_have_text("Connected")
    page.locator("#who").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    other = page.context.new_page()
    other.goto(house.url)
    expect(other.get_by_role("dialog", name="Sign in")).to_be_visible()


def test_a_revoked_key(page: Page, house: House) -> None:
    """Whose key is revoked is asked again, and what they wrote is kept."""
    house.agent.ask("a", "Which colour?")
    sign_in(page, house.keys["ann"])
    page.get_by_role("textbox", name="Answer").fill("blue, I think")
    (ann,) = [key for key in house.file.listed() if key.name == "ann"]
    house.file.revoke(ann.id)
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    house.keys["ann"] = house.file.create("ann", ["human:*"])[0]
    sign_in(page, house.keys["ann"])
    expect(page.get_by_role("textbox", name="Answer")).to_have_value("blue, I think")


def test_another_sites_page(page: Page, house: House, chromium: Browser) -> None:
    """A page of another origin, in the same browser, can use neither cookie nor WebSocket."""
    prompt = house.agent.request_permission("a", "Deploy")
    sign_in(page, house.keys["ann"])
    expect(page.locator("#connection")).to_have_text("Connected")
    with evil_site() as url:
        evil = page.context.new_page()
        evil.goto(url)
        tried = evil.evaluate(
            """async ([url, id]) => {
                const path = `${url}/api/v1/messages/${id}/response`;
                const body = JSON.stringify({ response_type: "authorization_approved" });
                const results = [];
                for (const more of [
                    { headers: { "Content-Type": "text/plain" } },
                    { headers: { "Content-Type": "text/plain" }, mode: "no-cors" },
                    { headers: { "Content-Type": "application/json" } },
                ]) {
                    const options = { method: "POST", body, credentials: "include", ...more };
                    results.push(await fetch(path, options)
                        .then((answer) => answer.type + answer.status, () => "failed"));
                }
                results.push(await fetch(`${url}/api/v1/session`, { credentials: "include" })
                    .then((answer) => answer.text(), () => "failed"));
                results.push(await new Promise((resolve) => {
                    const place = url.replace("http", "ws") + "/ws";
                    const socket = new WebSocket(place, "ailoop.v1");
                    socket.onopen = () => resolve("open");
                    socket.onclose = () => resolve("closed");
                }));
                return results;
            }""",
            [house.url, prompt],
        )
    assert tried == ["failed", "failed", "failed", "failed", "closed"]
    assert house.agent.state(prompt) == "pending"


def test_without_authentication_nobody_is_asked(chromium: Browser) -> None:
    """A server that asks nobody shows its page at once, and no way to sign out."""
    with running_daemon() as process:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(process.rest)
        expect(page.locator("#connection")).to_have_text("Connected")
        expect(page.get_by_role("dialog", name="Sign in")).to_be_hidden()
        page.locator("#who").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        context.close()
