"""``ailoop journal`` while a daemon writes to the file, and what can be done with a copy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from tests.cli.commands import ailoop
from tests.cli.journals import QUICK, export_of, on_file, run
from tests.daemon.api import Api
from tests.daemon.process import DaemonProcess, eventually, running_daemon


class Load:
    """Posts pairs of messages to a daemon until it is told to stop."""

    def __init__(self, daemon: DaemonProcess) -> None:
        self.posted = 0
        self.stop = threading.Event()
        self._rest = daemon.rest

    def run(self) -> None:
        content = {"type": "notification", "text": "x"}
        with closing(Api(self._rest)) as api:
            while not self.stop.is_set():
                api.post_many([{"channel": "busy", "content": content}] * 2)
                self.posted += 2
                prompt = api.ask("busy")
                api.respond(prompt, answer="x")
                self.posted += 2


@contextmanager
def under_load(path: Path) -> Iterator[Load]:
    """Run a daemon on a file, and keep it writing."""
    with running_daemon(*on_file(path, *QUICK)) as daemon:
        load = Load(daemon)
        thread = threading.Thread(target=load.run)
        thread.start()
        try:
            eventually(lambda: load.posted > 50, "some load")
            yield load
        finally:
            load.stop.set()
            thread.join()


def test_while_a_daemon_writes(tmp_path: Path) -> None:
    """Who reads sees one moment, which is whole; who needs the file for itself is refused."""
    path = tmp_path / "j.db"
    with under_load(path) as load:
        before = load.posted
        for round_ in range(2):
            assert run("verify", path).stdout.startswith("fine: 1 channels")
            assert len(export_of(path)) >= before
            (one,) = orjson.loads(run("stats", path, "--json").stdout)["channels"]
            assert one["messages"] >= before
            target = tmp_path / f"{round_}.db"
            run("backup", path, target)
            assert run("verify", target).stdout.startswith("fine: 1 channels")
            assert len(export_of(target)) >= before
            done = ailoop("audit", str(path), "--json")
            assert done.returncode == 0
            assert len(done.stdout.splitlines()) >= before // 4
            assert "in use by another process" in run("compact", path, code=2).stderr
        lines = tmp_path / "all.jsonl"
        run("export", path, "-o", lines)
        assert "in use by another process" in run("import", lines, path, code=2).stderr
        assert load.posted > before
    assert run("verify", path).stdout.startswith("fine: ")


def test_a_backup_is_restored(tmp_path: Path) -> None:
    """A daemon on a copy has what it had when it was made, and goes on."""
    path, target = tmp_path / "j.db", tmp_path / "copy.db"
    with running_daemon(*on_file(path)) as daemon, closing(Api(daemon.rest)) as api:
        prompt = api.ask("docs")
        run("backup", path, target)
        daemon.kill()
    with running_daemon(*on_file(target)) as daemon, closing(Api(daemon.rest)) as api:
        assert [item["message_id"] for item in api.pending("docs")] == [prompt]
        assert api.respond(prompt, answer="x").status_code == 200
    assert "fine" in run("verify", target).stdout
