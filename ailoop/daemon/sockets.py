"""Listening sockets, bound before anything runs so that a failure is one clear line."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address

from attrs import evolve

from ailoop.daemon.errors import DaemonError
from ailoop.transport.lobby import LobbyLimits

__all__ = ["address", "bind", "bounded", "check_exposure", "is_loopback"]

_BACKLOG = 1024
_OTHER_FILES = 64
"""What the journal, the log, threads and accepting itself need besides connections."""
_KERNEL_SECONDS = 1.0
"""By how much we are sooner than the kernel: who reads again could still be told why."""
_LONGEST_MILLISECONDS = 2**31 - 1  # the kernel's type is an int


def bind(host: str, port: int, setting: str, user_timeout_seconds: float) -> socket.socket:
    """Return a listening socket.

    :param port: 0 picks a free one.
    :param setting: what to change if the port cannot be had, for the error's sentence.
    :param user_timeout_seconds: how long a peer may leave data unread; a little later the
        kernel drops it (``TCP_USER_TIMEOUT``, RFC 5482). Accepted sockets inherit it.
    :raises DaemonError: the address cannot be listened on.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise DaemonError(f"cannot listen on {host}: {error.strerror}") from None
    sock = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            seconds = user_timeout_seconds + _KERNEL_SECONDS
            milliseconds = min(int(seconds * 1000), _LONGEST_MILLISECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        sock.bind(place)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        about_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        advice = (
            f"choose another with --{setting} (0 picks a free one)"
            if about_port
            else "this machine has no such address; choose another with --host"
        )
        raise DaemonError(
            f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}; {advice}"
        ) from None
    return sock


def address(sock: socket.socket) -> str:
    """Return ``host:port`` of a socket, as it stands in a URL."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(sock: socket.socket) -> bool:
    """Whether only this machine can reach a socket, however its address was spelled."""
    return ip_address(sock.getsockname()[0].partition("%")[0]).is_loopback


def bounded(limits: LobbyLimits) -> LobbyLimits:
    """Return bounds that the process has descriptors for, of which it takes all it may.

    Out of descriptors nobody is let in, whoever holds them; at a bound somebody makes room.
    """
    try:
        import resource  # there is none on Windows
    except ImportError:
        return limits
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.sockets + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return limits
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
        soft = max(soft, most)
    sockets = min(limits.sockets, max(1, soft - _OTHER_FILES))
    newcomers = min(limits.newcomers, max(1, sockets // 4))
    return evolve(limits, sockets=sockets, newcomers=newcomers)


def check_exposure(sock: socket.socket, *, allowed: bool) -> None:
    """See that only this machine can reach a socket, unless that is wanted otherwise.

    :raises DaemonError: others can, and nobody has to authenticate.
    """
    if not allowed and not is_loopback(sock):
        raise DaemonError(
            f"other machines could reach {address(sock)}, and nobody has to authenticate; if "
            "something else keeps them out, as the pod of a sidecar does, say so with "
            "--insecure-no-auth"
        )
