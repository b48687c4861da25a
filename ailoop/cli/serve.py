"""``ailoop serve``, also known as ``ailoopd``."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import structlog
import trio
from attrs import Attribute, fields

from ailoop.cli.lines import is_terminal, stop_signals
from ailoop.cli.text import complain
from ailoop.daemon import Daemon, DaemonError, Settings, load_settings, open_daemon
from ailoop.daemon.logs import configure_logs
from ailoop.daemon.settings import toml_text

__all__ = ["serve"]

_BAD_SETTING = 2
_CANNOT_LISTEN = 3
_CRASHED = 70  # EX_SOFTWARE of BSD's sysexits.h
_FORCED_SECONDS = 3.0

_Screen = Callable[[Daemon], Awaitable[None]]
"""Lets the person at this terminal answer what waits at a daemon."""


def _setting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one flag a setting, in the order of the settings."""
    for setting in reversed(fields(Settings)):
        function = _setting_option(setting)(function)
    return function


def _setting_option(setting: Attribute[Any]) -> Callable[[Any], Any]:
    flag, about = f"--{setting.name.replace('_', '-')}", setting.metadata["help"]
    if isinstance(setting.default, bool):
        return click.option(flag, setting.name, flag_value="true", default=None, help=about)
    shown = ",".join(setting.default) if isinstance(setting.default, tuple) else setting.default
    return click.option(flag, setting.name, help=f"{about}  [default: {shown or 'none'}]")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="AILOOP_CONFIG",
    show_envvar=True,
    help="Settings file; otherwise ailoop.toml here, if there is one.",
)
@click.option("--print-config", is_flag=True, help="Print the settings as TOML and exit.")
@click.option(
    "-p", "--port", type=int, help="Earlier form of --ws-port N --rest-port N+1.", metavar="N"
)
@click.option(
    "--inbox/--no-inbox",
    default=None,
    help="Answer prompts at this terminal; by default if it is one.",
)
@_setting_options
def serve(
    config: Path | None,
    print_config: bool,
    port: int | None,
    inbox: bool | None,
    **flags: str | None,
) -> None:
    r"""Run the daemon: REST and page on one port, WebSocket on another.

    Each setting is a flag, a variable (AILOOP_WS_PORT) and a key of the settings file
    (ws_port); flags win over variables, variables over the file.

    \b
    Examples:
      ailoopd
      ailoopd --rest-port 0 --ws-port 0 --log-format json
      ailoopd --tls-cert chain.pem --tls-key key.pem
      ailoopd --print-config > ailoop.toml

    With TLS, and no inbox at this terminal, SIGHUP has the certificate read again.

    Exit codes: 0 stopped cleanly; 2 a bad setting; 3 a port or a file cannot be had; 70 a
    fault.
    """
    given: dict[str, Any] = {} if port is None else _both_ports(port)
    given |= {name: value for name, value in flags.items() if value is not None}
    try:
        settings = load_settings(given, config)
    except DaemonError as error:
        complain(str(error))
        sys.exit(_BAD_SETTING)
    if print_config:
        click.echo(toml_text(settings), nl=False)
        return
    attended = _is_attended() if inbox is None else inbox
    # Standard output is the screen's, if there is one.
    log_to = "stderr" if attended else settings.log_to
    configure_logs(settings.log_level, settings.log_format, log_to)
    _allow_many_files()
    try:
        trio.run(_serve, settings, _load_screen() if attended else None)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # before the daemon was up
    except DaemonError as error:
        complain(str(error))
        sys.exit(_CANNOT_LISTEN)
    except Exception:  # noqa: BLE001 -- the last word: one line in the log, not a traceback
        structlog.get_logger().exception("crashed")
        sys.exit(_CRASHED)


def _allow_many_files() -> None:
    """Let the process have as many connections as the system allows it (RLIMIT_NOFILE)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _is_attended() -> bool:
    """Whether a person is at this terminal: a background job would stop at its first read."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # not our controlling terminal
        return False


def _load_screen() -> _Screen:
    """Load what shows the inbox: all of the client, which no other daemon has a use for."""
    from ailoop.cli.screen import serve_screen

    return serve_screen


def _both_ports(port: int) -> dict[str, str]:
    return {"ws_port": str(port), "rest_port": str(port + 1 if port else 0)}


async def _serve(settings: Settings, screen: _Screen | None) -> None:
    # What stands before the receiver is what it restores: a stop that has begun has its own
    # deadline, and a second signal cuts it short neither then nor while the process ends.
    stop = stop_signals()
    # At a terminal it cannot be told from the terminal's end, which ends the daemon, too.
    reloads = settings.reloadable and screen is None
    heard = {*stop, signal.SIGHUP} if reloads else {*stop}
    for number in heard:
        signal.signal(number, signal.SIG_IGN)
    with trio.open_signal_receiver(*heard) as signals:
        # What a journal brings back is no garbage; looking for some among it costs a third of
        # the start.
        gc.disable()
        async with open_daemon(settings) as daemon:
            gc.freeze()
            gc.enable()
            if screen is not None or settings.log_to == "stderr":
                click.echo(f"ready rest={daemon.rest_url} ws={daemon.ws_url}")
            async with trio.open_nursery() as nursery:
                if screen is not None:
                    nursery.start_soon(screen, daemon)
                async for received in signals:
                    if reloads and received == signal.SIGHUP:
                        nursery.start_soon(daemon.reload)
                        continue
                    _exit_even_if_held(settings.grace_seconds + _FORCED_SECONDS)
                    nursery.cancel_scope.cancel()
                    break


def _exit_even_if_held(seconds: float) -> None:
    """Exit after the grace period whatever holds the process up.

    Hypercorn shields its writes without a bound, so one peer that stops reading could keep
    a stopping daemon alive. By then everything that can be told has been told and stored.
    """
    timer = threading.Timer(seconds, os._exit, [0])
    timer.daemon = True
    timer.start()
