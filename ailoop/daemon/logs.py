"""Structured logs: coloured on a terminal, JSON lines otherwise, on stderr or stdout.

Nothing logs what a message says; ids and channel names are as far as it goes. So tracebacks
come without the values of local variables, and :mod:`ailoop.daemon.log_guard` looks at the
rest: no credential, and no text that forges a line.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import Processor

from ailoop.daemon.log_guard import guard_entry, indented_traceback
from ailoop.daemon.log_writer import LogWriter

__all__ = ["configure_logs"]


class _ToStructlog(logging.Handler):
    """Sends what libraries log the same way as our own."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            record.getMessage(),
            logger=record.name,
            exc_info=record.exc_info,
        )


def configure_logs(level: str, form: str, to: str = "stderr") -> None:
    """Set up logging for the process.

    :param level: ``debug``, ``info``, ``warning`` or ``error``.
    :param form: ``console``, ``json``, or ``auto``.
    :param to: ``stderr`` or ``stdout``.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    console = form == "console" or (form == "auto" and getattr(sys, to).isatty())
    last: list[Processor] = [
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        guard_entry,
        structlog.processors.JSONRenderer(),
    ]
    if console:
        last = [
            guard_entry,
            structlog.dev.ConsoleRenderer(
                colors="NO_COLOR" not in os.environ,
                exception_formatter=indented_traceback,
            ),
        ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", LogWriter(to))),
        cache_logger_on_first_use=False,
    )
    # Libraries log every frame below warnings; that helps nobody who runs a daemon.
    logging.basicConfig(
        handlers=[_ToStructlog()], level=max(number, logging.WARNING), force=True
    )
