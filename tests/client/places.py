"""Where the TypeScript client runs: a Node process, and pages of a headless Chromium.

Each is started when a test first wants it, and serves all tests of this process. The client is
bundled from its sources together with the program at the other end of the bridge.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import trio
from playwright.async_api import Browser, Page, Route, async_playwright

from tests.client.bridge import Bridge
from tests.page.browser import FLAGS

__all__ = ["TYPESCRIPT", "Chromium", "Node", "bundle"]

T = TypeVar("T")

TYPESCRIPT = Path(__file__).resolve().parents[2] / "typescript"
LOCAL = "--disable-features=LocalNetworkAccessChecks"
"""A page that comes from no server is not local, and may not speak to one that is."""

NAME = "the-page-of-tests"
HTML = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>x</title>'


@cache
def bundle(entry: str, *flags: str) -> Path:
    """Bundle a program of the bridge; return the file, which goes when this process does."""
    # Beside node_modules, where what is not bundled is found.
    folder = TYPESCRIPT / "node_modules" / ".cache"
    folder.mkdir(exist_ok=True)
    made = tempfile.mkdtemp(prefix="bridge.", dir=folder)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    program = Path(made) / f"{entry}.mjs"
    esbuild = TYPESCRIPT / "node_modules" / "esbuild" / "bin" / "esbuild"
    source = TYPESCRIPT / "tests" / "bridge" / f"{entry}.ts"
    command = [str(esbuild), str(source), "--bundle", f"--outfile={program}", *flags]
    subprocess.run([*command, "--log-level=warning"], check=True, cwd=TYPESCRIPT)
    return program


class Node:
    """A Node process.

    :param environment: what it finds there besides.
    """

    def __init__(self, **environment: str) -> None:
        program = bundle("node", "--platform=node", "--format=esm", "--external:ws")
        clean = {name: value for name, value in os.environ.items() if "AILOOP" not in name}
        self._process = subprocess.Popen(
            ["node", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean | environment,
        )
        self.bridge = Bridge(self._write)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        atexit.register(self.close)

    @asynccontextmanager
    async def enter(self, _: str) -> AsyncIterator[Bridge]:
        """Give the way to it; all clients share it."""
        yield self.bridge

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.bridge.take(line)
        self.bridge.end("the Node process has ended")

    def close(self) -> None:
        """End the process; it ends by itself when its input does and nothing is left open."""
        atexit.unregister(self.close)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join()
            self._process.stdout.close()


class _Page:
    """A page, and the bridge to the program in it."""

    def __init__(self, page: Page, say: Callable[[Page, str], None]) -> None:
        self.page = page
        self.url = ""
        self.users = 0
        self.bridge = self._bridge(say)
        self._say = say

    def _bridge(self, say: Callable[[Page, str], None]) -> Bridge:
        return Bridge(partial(say, self.page))

    async def go(self, url: str, program: str) -> None:
        """Become a page of a server, with nothing of what was there before."""
        self.bridge.end("the page has been left")
        self.bridge, self.url = self._bridge(self._say), url
        await self.page.goto(f"{url}/{NAME}")
        await self.page.add_script_tag(content=program)


class Chromium:
    """A headless Chromium. Clients of one server share a page, which has the server's origin.

    Nothing is asked of the server for it: the page is handed to the browser under an address
    of the server, which may be none, or not answer.
    """

    def __init__(self) -> None:
        self._program = bundle("browser", "--platform=browser", "--format=iife").read_text()
        self._pages: list[_Page] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._playwright: Any = None
        self._browser: Browser = self._run(self._launch()).result()
        atexit.register(self.close)

    def _run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _launch(self) -> Browser:
        self._playwright = await async_playwright().start()
        browser: Browser = await self._playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS, LOCAL]
        )
        return browser

    @asynccontextmanager
    async def enter(self, url: str) -> AsyncIterator[Bridge]:
        """Give the way to a page whose origin is that of a server."""
        with trio.CancelScope(shield=True):  # it is soon there, whoever still wants it
            page = await trio.to_thread.run_sync(self._run(self._at(url.rstrip("/"))).result)
        try:
            yield page.bridge
        finally:
            page.users -= 1

    async def _at(self, url: str) -> _Page:
        """Return a page that is there already, or one that nobody uses, or a new one."""
        there = next((one for one in self._pages if one.url == url), None)
        page = there or next((one for one in self._pages if not one.users), None)
        if page is None:
            page = await self._open()
        page.users += 1
        if there is None:
            await page.go(url, self._program)
        return page

    async def _open(self) -> _Page:
        async def give(route: Route) -> None:
            await route.fulfill(body=HTML, content_type="text/html")

        page = await self._browser.new_page()
        made = _Page(page, self._write)
        page.on("pageerror", lambda error: made.bridge.end(f"uncaught in the page: {error}"))
        await page.route(f"**/{NAME}", give)
        await page.expose_function("tell", lambda line: made.bridge.take(line))
        self._pages.append(made)
        return made

    def _write(self, page: Page, line: str) -> None:
        self._run(self._say(page, line))

    @staticmethod
    async def _say(page: Page, line: str) -> None:
        await page.evaluate("line => bridge(line)", line)

    async def _quit(self) -> None:
        await self._browser.close()
        await self._playwright.stop()

    def close(self) -> None:
        """End the browser."""
        atexit.unregister(self.close)
        self._run(self._quit()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
