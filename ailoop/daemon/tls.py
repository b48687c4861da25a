"""The daemon's certificate: read at the start, and again when that is asked for."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import trio
from attrs import frozen

from ailoop.daemon.errors import DaemonError

if TYPE_CHECKING:
    from ailoop.daemon.settings import Settings

__all__ = ["Certificate", "open_certificate"]

log = structlog.get_logger()

_FIRST = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_OUT_OF_DATE = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""


class Certificate:
    """What both ports show to whoever connects.

    :raises DaemonError: a file cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._take(_read(settings))

    def context(self) -> ssl.SSLContext:
        """Return what the next connection is accepted with."""
        return self._read.context

    @property
    def pinned(self) -> ssl.SSLContext:
        """What a client trusts that takes this very certificate, and no other."""
        return self._read.pinned

    async def reload(self) -> None:
        """Read the files again; connections that are open keep what they have.

        :raises DaemonError: a file cannot be used, and nothing has changed.
        """
        # Files may be on a disk that takes its time.
        self._take(await trio.to_thread.run_sync(_read, self._settings, abandon_on_cancel=True))

    def _take(self, read: _Read) -> None:
        self._read = read
        if read.fault:
            log.warning("certificate_unfit", why=read.fault, file=self._settings.tls_cert)
        else:
            log.info("certificate", names=read.names, until=read.until)


def open_certificate(settings: Settings) -> Certificate | None:
    """Return the certificate that the settings name, if they do.

    :raises DaemonError: a file cannot be used.
    """
    return Certificate(settings) if settings.tls_cert else None


@frozen
class _Read:
    """What one reading of the files has brought."""

    context: ssl.SSLContext
    pinned: ssl.SSLContext
    names: list[str]
    until: str
    fault: str
    """Why clients will not take it today, if that is so."""


def _read(settings: Settings) -> _Read:
    pinned = _pin(settings.tls_cert)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, settings)
    if settings.tls_client_ca:
        authorities = _text("tls_client_ca", settings.tls_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(cadata=authorities)
        except (ssl.SSLError, ValueError):
            raise _unfit("tls_client_ca", settings.tls_client_ca, _NO_CERTIFICATE) from None
    try:
        shown = _show(context, pinned)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code not in _OUT_OF_DATE:
            raise _unfit("tls_cert", settings.tls_cert, error.verify_message) from None
        return _Read(context, pinned, [], "", error.verify_message)
    except ssl.SSLError as error:
        raise _unfit("tls_cert", settings.tls_cert, str(error)) from None
    names = [str(value) for _, value in shown.get("subjectAltName", ())]
    return _Read(context, pinned, names, str(shown.get("notAfter", "")), "")


_NO_CERTIFICATE = "there is no certificate in PEM form in it"


def _unfit(setting: str, path: str, why: str) -> DaemonError:
    return DaemonError(f"{setting}: {path} cannot be used: {why}")


def _text(setting: str, path: str) -> str:
    """Return what is in a file; of PEM only comments are not ASCII."""
    try:
        return Path(path).read_text("ascii", errors="ignore")
    except OSError as error:
        raise _unfit(setting, path, str(error.strerror or error)) from None


def _pin(path: str) -> ssl.SSLContext:
    """Make a client's context that trusts the first certificate in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # it is the certificate itself that is expected
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    found = _FIRST.search(_text("tls_cert", path))
    try:
        context.load_verify_locations(cadata=found[0] if found else "")
    except (ssl.SSLError, ValueError):
        raise _unfit("tls_cert", path, _NO_CERTIFICATE) from None
    return context


def _load_pair(context: ssl.SSLContext, settings: Settings) -> None:
    cert, key = settings.tls_cert, settings.tls_key
    _text("tls_key", key)
    locked = False

    def no_passphrase() -> str:
        """Keep OpenSSL from asking at the terminal."""
        nonlocal locked
        locked = True
        return ""

    try:
        context.load_cert_chain(cert, key, password=no_passphrase)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, ssl.SSLError) else ""
        if locked:
            why = "it is locked with a passphrase; give one that is not"
        elif reason == "KEY_VALUES_MISMATCH":
            why = f"it is not the key of the certificate in tls_cert ({cert})"
        elif reason in _WEAK:
            raise _unfit("tls_cert", cert, f"OpenSSL finds it too weak ({reason})") from None
        else:
            why = "there is no private key in PEM form in it"
        raise _unfit("tls_key", key, why) from None


_WEAK = ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK")


def _show(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, Any]:
    """Return what a client is shown, in a handshake that takes place in memory.

    :raises ssl.SSLCertVerificationError: it does not take it.
    """
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there)
    answering = server.wrap_bio(there, back, server_side=True)
    while True:
        try:
            asking.do_handshake()
        except ssl.SSLWantReadError:
            pass
        else:
            return dict(asking.getpeercert() or {})
        with suppress(ssl.SSLWantReadError):
            answering.do_handshake()
