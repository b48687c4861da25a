"""The process: settings, logs, sockets and the nursery tree."""

from ailoop.daemon.daemon import Daemon, open_daemon
from ailoop.daemon.errors import DaemonError
from ailoop.daemon.settings import Settings, load_settings

__all__ = ["Daemon", "DaemonError", "Settings", "load_settings", "open_daemon"]
