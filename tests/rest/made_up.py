"""Requests that schemathesis makes up from a server's own document."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

__all__ = ["make_up_requests"]


async def make_up_requests(url: str, folder: Path, *more: str, examples: int) -> None:
    """Have every operation called, and see that no answer is one that is not described.

    Two checks are left out. ``positive_data_acceptance`` wants every request that fits the
    schemas to succeed, but no schema can say which answer fits which prompt, that a response
    needs its prompt's id, or that a wait goes with one message. ``use_after_free`` takes
    DELETE for the end of a message; it withdraws a prompt, whose record stays.

    :param url: the server's REST address.
    :param folder: where schemathesis may leave files.
    :param more: further arguments of its command.
    :param examples: how many requests of each kind.
    """
    finished = await trio.run_process(
        [
            *(str(Path(sys.executable).with_name("st")), "run", f"{url}/openapi.json"),
            *("--exclude-checks", "positive_data_acceptance,use_after_free"),
            *("--max-examples", str(examples), "--seed", "1"),
            *("--generation-database", "none", "--no-color", *more),
        ],
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        cwd=folder,
    )
    assert finished.returncode == 0, finished.stdout.decode()[-5000:]
    assert b"22 selected / 22 total" in finished.stdout
