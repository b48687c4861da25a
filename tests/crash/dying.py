"""An ``ailoop`` that kills itself at one exact place of its work.

``python -m tests.crash.dying PLACE COUNT serve …``: at the transaction number COUNT that stores
messages, ``before`` its commit with all rows written, or ``after`` it and before anybody is
told.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import Any

from ailoop.cli import main
from ailoop.journal.writer import Writer


def die() -> None:
    """End as if killed from outside: nothing is flushed, nobody is told."""
    os.kill(os.getpid(), signal.SIGKILL)


def arrange(place: str, last: int) -> None:
    """Have a transaction be the last."""
    write, numbers = Writer.write, count(1)

    def write_and_die(writer: Writer, batches: Any, *rest: Any) -> None:
        dies = bool(batches) and next(numbers) >= last
        if dies and place == "before":
            # SQLite tells of a statement before it runs it.
            writer._connection.set_trace_callback(lambda text: text == "COMMIT" and die())
        write(writer, batches, *rest)
        if dies:
            die()

    Writer.write = write_and_die  # type: ignore[method-assign]


if __name__ == "__main__":
    arrange(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]
    main()
