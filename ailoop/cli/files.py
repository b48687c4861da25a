"""How a command works on a journal file: its argument, errors as one line, exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ailoop.cli.text import complain
from ailoop.journal.database import JournalFileError
from ailoop.journal.exchange import LineError
from ailoop.journal.trail import EntryError

__all__ = ["FINE", "PROBLEMS", "UNUSABLE", "journal_path", "path_type", "run_on_file"]

FINE, PROBLEMS, UNUSABLE = 0, 1, 2

path_type = click.Path(path_type=Path)
journal_path = click.argument("path", type=path_type)


def run_on_file(work: Callable[[], Any]) -> None:
    """Do the work and exit with the code that it returns, or that its error stands for."""
    try:
        code = work() or FINE
        sys.stdout.flush()
    except JournalFileError as error:
        complain(str(error))
        code = UNUSABLE
    except (EntryError, LineError) as error:
        complain(str(error))
        code = PROBLEMS
    except BrokenPipeError:
        # Whoever read our output has seen enough; nor may Python complain at exit.
        code = 128 + signal.SIGPIPE
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except OSError as error:
        # Of the file that lines are read from or written to.
        complain(f"{error.filename or 'the output'}: {error.strerror}")
        code = UNUSABLE
    sys.exit(code)
