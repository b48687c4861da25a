"""A page of somebody else's in a real browser: it reads nothing, answers nothing, asks nothing.

The page is served from another port of this machine, which is another origin; it does what
scripts and forms can do without anybody's leave.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, running_daemon
from tests.page.browser import open_chromium
from tests.page.posting import IN_BROWSER

pytestmark = IN_BROWSER

APPROVAL = '{"response_type": "authorization_approved"}'


class _Page(BaseHTTPRequestHandler):
    """An empty page, at any address."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>evil</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def attacker_site() -> Iterator[str]:
    """Serve the attacker's page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def daemon() -> Iterator[DaemonProcess]:
    """Run a daemon."""
    with running_daemon("--log-level", "error") as process:
        yield process


@pytest.fixture
def api(daemon: DaemonProcess) -> Iterator[Api]:
    """Look at the daemon as it is."""
    with closing(Api(daemon.rest)) as one:
        yield one


@pytest.fixture
def evil(chromium: Browser) -> Iterator[Page]:
    """Open the attacker's page."""
    with attacker_site() as url, closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(url)
        yield page


TALK = """([url, frame]) => new Promise(done => {
  const heard = [];
  const socket = new WebSocket(url);
  socket.onopen = () => { heard.push("open"); socket.send(frame); };
  socket.onmessage = event => heard.push(event.data);
  socket.onclose = () => done(heard);
})"""
FETCH = """([url, options]) => fetch(url, options).then(
  async answer => [answer.type, answer.status, await answer.text()],
  error => ["failed", 0, String(error)])"""


def test_websocket(daemon: DaemonProcess, api: Api, evil: Page) -> None:
    """Open a WebSocket to either port, by each name, and read or answer what waits."""
    asked = api.request_permission("a", "deploy")
    content = {"type": "response", "answer": None, "response_type": "authorization_approved"}
    forged = {"channel": "a", "sender_type": "HUMAN", "correlation_id": asked}
    frame = json.dumps({**forged, "content": content})
    for url in (daemon.ws, f"{daemon.rest.replace('http', 'ws')}/ws"):
        for name in ("127.0.0.1", "localhost"):
            for sent in (frame, '{"subscribe":"*"}'):
                target = url.replace("127.0.0.1", name)
                assert evil.evaluate(TALK, [target, sent]) == [], target
    assert api.state(asked) == "pending"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_fetch(daemon: DaemonProcess, api: Api, evil: Page, kind: str) -> None:
    """Post, answer and withdraw with what needs no leave of the server (no preflight)."""
    asked = api.request_permission("a", "deploy")
    urls = {
        f"{daemon.rest}/api/v1/messages/{asked}/response": APPROVAL,
        f"{daemon.rest}/api/v1/messages": '{"channel":"evil","content":'
        '{"type":"authorization","action":"x"}}',
    }
    for url, body in urls.items():
        for mode in ("cors", "no-cors"):
            headers = {"Content-Type": kind} if kind else {}
            options = {"method": "POST", "mode": mode, "body": body, "headers": headers}
            answer = evil.evaluate(FETCH, [url, options])
            assert answer[0] in ("failed", "opaque"), answer
    assert api.state(asked) == "pending"
    assert api.pending("evil") == []


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_fetch_with_leave(daemon: DaemonProcess, api: Api, evil: Page, method: str) -> None:
    """Do what needs the server's leave (a preflight), which it does not give."""
    asked = api.request_permission("a", "deploy")
    url = f"{daemon.rest}/api/v1/messages/{asked}"
    assert evil.evaluate(FETCH, [url, {"method": method}])[0] == "failed"
    assert api.state(asked) == "pending"


def test_reading(daemon: DaemonProcess, api: Api, evil: Page) -> None:
    """Read what waits, as data, as a script and as a picture: nothing comes out."""
    api.request_permission("a", "secret-deploy")
    for path in ("/api/v1/pending", "/api/channels", "/metrics", "/api/v1/health"):
        answer = evil.evaluate(FETCH, [f"{daemon.rest}{path}", {}])
        assert answer[0] == "failed", answer
    load = """url => new Promise(done => {
      const script = document.createElement("script");
      script.onload = () => done("ran"); script.onerror = () => done("refused");
      script.src = url; document.body.append(script); })"""
    assert evil.evaluate(load, f"{daemon.rest}/api/v1/pending") == "refused"


def test_form(daemon: DaemonProcess, api: Api, evil: Page) -> None:
    """Submit a form whose text happens to be JSON (CSRF): it is refused by its origin."""
    asked = api.request_permission("a", "deploy")
    submit = """([url]) => {
      const form = document.createElement("form");
      form.method = "POST"; form.enctype = "text/plain"; form.action = url;
      const field = document.createElement("input");
      field.name = '{"response_type":"authorization_approved","reason":"'; field.value = '"}';
      form.append(field); document.body.append(form); form.submit(); }"""
    with evil.expect_navigation():
        evil.evaluate(submit, [f"{daemon.rest}/api/v1/messages/{asked}/response"])
    assert "bad_origin" in evil.content()
    assert api.state(asked) == "pending"


def test_frame(daemon: DaemonProcess, evil: Page) -> None:
    """Show the inbox in a frame, to have a click on something else approve (clickjacking)."""
    embed = """url => new Promise(done => {
      const frame = document.createElement("iframe");
      frame.onload = () => done(); frame.src = url; document.body.append(frame); })"""
    evil.evaluate(embed, daemon.rest)
    (frame,) = evil.main_frame.child_frames
    assert frame.locator("main").count() == 0
    assert not frame.url.startswith(daemon.rest)
