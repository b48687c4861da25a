"""The whole nursery tree on one screen::

    open_journal                    SQLite: one task that trims, one thread that writes
      open_broker                   one task a live channel
        connections                 one fenced task a connection:
                                    Hypercorn's (REST, the page, /ws) and trio-websocket's
          listeners                 the REST port, the WebSocket port, the watch on the loop

Leaving :func:`open_daemon` stops it from the inside out: nothing new is taken, every prompt
and waiter learns its fate, connections are closed with a code, then the rest is cancelled.
"""  # noqa: D400, D415

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
import trio
from attrs import field, frozen
from hypercorn.config import Config

from ailoop.broker import open_broker
from ailoop.daemon.credentials import make_authenticator, watch_credentials
from ailoop.daemon.errors import DaemonError
from ailoop.daemon.journals import open_journal
from ailoop.daemon.lag import watch_lag
from ailoop.daemon.receipts import open_issuer
from ailoop.daemon.settings import Settings
from ailoop.daemon.sockets import address, bind, bounded, check_exposure, is_loopback
from ailoop.daemon.tls import Certificate, open_certificate
from ailoop.model.codec import Codec
from ailoop.transport.gateway import Gateway
from ailoop.transport.lobby import Lobby
from ailoop.transport.origin import OriginPolicy
from ailoop.transport.presence import Presence
from ailoop.transport.rates import Rates
from ailoop.transport.rest import create_app
from ailoop.transport.rest.listener import serve_http
from ailoop.transport.ws.listener import serve_websockets

__all__ = ["Daemon", "open_daemon"]

log = structlog.get_logger()


@frozen
class Daemon:
    """A running daemon."""

    gateway: Gateway
    rest_url: str
    ws_url: str
    certificate: Certificate | None = None
    """What its ports show, if they speak TLS."""
    _reloads: Mapping[str, Callable[[], Awaitable[None]]] = {}
    _reloading: trio.Lock = field(factory=trio.Lock, eq=False)

    def own_pass(self, name: str) -> str | None:
        """Return what the person at this daemon's terminal shows, if anybody has to."""
        authenticator = self.gateway.authenticator
        return None if authenticator is None else authenticator.passes.issue(name)

    async def reload(self) -> None:
        """Read again what may change while it runs; what cannot be used changes nothing."""
        async with self._reloading:
            for what, reload in self._reloads.items():
                try:
                    await reload()
                except DaemonError as error:
                    log.error("reload_failed", what=what, why=str(error))  # noqa: TRY400
                else:
                    log.info("reloaded", what=what)


@asynccontextmanager
async def open_daemon(settings: Settings) -> AsyncIterator[Daemon]:
    """Run a daemon for as long as the block runs; entered when both ports answer.

    :raises DaemonError: a port cannot be had, others could reach it, or a file is of no use.
    """
    authenticator = make_authenticator(settings)
    issuer = open_issuer(settings)
    certificate = open_certificate(settings)
    # Whoever has a client certificate of ours is somebody we know.
    guarded = authenticator is not None or bool(settings.tls_client_ca)
    ws_socket = bind(settings.host, settings.ws_port, "ws-port", settings.send_seconds)
    try:
        check_exposure(ws_socket, allowed=guarded or settings.insecure_no_auth)
        rest_socket = bind(
            settings.host, settings.rest_port, "rest-port", settings.send_seconds
        )
    except BaseException:
        ws_socket.close()
        raise
    async with (
        open_journal(settings) as journal,
        open_broker(
            journal,
            settings.broker_limits(),
            issuer=issuer,
            drain_seconds=settings.grace_seconds,
        ) as broker,
        trio.open_nursery() as connections,
        trio.open_nursery() as listeners,
    ):
        limits = settings.transport_limits()
        gateway = Gateway(
            broker,
            Codec(settings.message_limits()),
            limits,
            OriginPolicy(settings.allowed_origins, loopback=is_loopback(ws_socket)),
            Presence(settings.max_connections),
            lobby=Lobby(bounded(limits.lobby)),
            rates=Rates(settings.rate_limits()),
            authenticator=authenticator,
            receipt_keys=issuer.key_set if issuer else None,
        )
        s = "s" if certificate else ""
        daemon = Daemon(
            gateway,
            f"http{s}://{address(rest_socket)}",
            f"ws{s}://{address(ws_socket)}",
            certificate,
            {"certificate": certificate.reload} if certificate else {},
        )
        tls = certificate.context if certificate else None
        gateway.origins.secure = certificate is not None
        gateway.origins.ports = {
            int(url.rpartition(":")[2]) for url in (daemon.rest_url, daemon.ws_url)
        }
        await listeners.start(
            serve_http,
            gateway,
            create_app(gateway),
            _hypercorn_config(settings),
            [trio.SocketListener(trio.socket.from_stdlib_socket(rest_socket))],
            connections,
            tls,
        )
        await listeners.start(
            serve_websockets,
            gateway,
            [trio.SocketListener(trio.socket.from_stdlib_socket(ws_socket))],
            connections,
            tls,
        )
        listeners.start_soon(watch_lag, gateway.counts.lag)
        if authenticator is not None:
            listeners.start_soon(watch_credentials, gateway.presence)
        if not guarded and not is_loopback(ws_socket):
            log.warning("no_authentication", host=settings.host)
        log.info("ready", rest=daemon.rest_url, ws=daemon.ws_url)
        try:
            yield daemon
        finally:
            with trio.move_on_after(settings.grace_seconds, shield=True):
                await _stop(gateway, listeners)
            # What has not left by now is cut off.
            listeners.cancel_scope.cancel()
            connections.cancel_scope.deadline = trio.current_time() + 1


async def _stop(gateway: Gateway, listeners: trio.Nursery) -> None:
    """Tell everybody, in the order in which they can still hear it."""
    log.info("stopping", open_prompts=gateway.broker.tables.open_prompts)
    await gateway.broker.drain()
    listeners.cancel_scope.cancel()
    await gateway.presence.dismiss()
    log.info("stopped")


def _hypercorn_config(settings: Settings) -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = logging.getLogger("ailoop.rest")
    config.include_server_header = False
    # A client that ignores `connection: close` makes Hypercorn log a traceback.
    config.keep_alive_max_requests = 2**31
    config.keep_alive_timeout = settings.idle_seconds
    config.h11_max_incomplete_size = settings.head_bytes
    config.websocket_max_message_size = settings.body_bytes
    config.websocket_ping_interval = settings.heartbeat_seconds
    return config
