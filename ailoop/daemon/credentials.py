"""Which credentials are good here, by the settings."""

from __future__ import annotations

from pathlib import Path

import structlog
import trio

from ailoop.access.authenticator import Authenticator
from ailoop.access.jwks import KeySource, KeySourceError
from ailoop.access.keys import KeyFile, KeyFileError
from ailoop.access.provider import Provider
from ailoop.access.signins import SignIns
from ailoop.access.tokens import TokenRules, Tokens
from ailoop.daemon.errors import DaemonError
from ailoop.daemon.settings import Settings
from ailoop.transport.presence import Presence

__all__ = ["make_authenticator", "watch_credentials"]

log = structlog.get_logger()

_WATCH_SECONDS = 1.0


def make_authenticator(settings: Settings) -> Authenticator | None:
    """Return what knows everybody's credentials, or ``None`` if nobody needs one.

    :raises DaemonError: a setting is wrong, or missing.
    """
    providers: list[Provider] = []
    if settings.auth_keys:
        providers.append(_key_file(Path(settings.auth_keys)))
    if settings.auth_jwt_keys:
        providers.append(_tokens(settings))
    if not providers:
        return None
    if settings.insecure_no_auth:
        raise DaemonError("insecure_no_auth and auth_keys or auth_jwt_keys exclude each other")
    return Authenticator(providers, SignIns(settings.max_sessions, settings.session_seconds))


def _key_file(path: Path) -> KeyFile:
    if not path.is_file():
        raise DaemonError(
            f"there is no file of API keys {path}; make the first key with "
            f"`ailoop key create NAME --grant admin:* --file {path}`"
        )
    if path.stat().st_mode & 0o022:
        log.warning("key_file_writable_by_others", path=str(path))
    keys = KeyFile(path)
    try:
        keys.listed()
    except KeyFileError as error:
        raise DaemonError(f"auth_keys: {error}") from None
    return keys


def _tokens(settings: Settings) -> Tokens:
    for name in ("auth_jwt_issuer", "auth_jwt_audience"):
        if not getattr(settings, name):
            raise DaemonError(
                f"{name} is missing: without it a token made for somebody else would be good"
            )
    source = KeySource(settings.auth_jwt_keys, settings.auth_jwt_refresh_seconds)
    try:
        source.check()
    except KeySourceError as error:
        raise DaemonError(f"auth_jwt_keys: {error}") from None
    rules = TokenRules(
        issuer=settings.auth_jwt_issuer,
        audience=settings.auth_jwt_audience,
        claim=settings.auth_jwt_claim,
        leeway_seconds=settings.auth_jwt_leeway_seconds,
    )
    return Tokens(source, rules)


async def watch_credentials(presence: Presence) -> None:
    """Send away, for ever, connections whose credential has expired or been revoked."""
    while True:
        await trio.sleep(_WATCH_SECONDS)
        presence.expel()
