"""What a client trusts in a server, and how it proves who it is itself.

Nothing of TLS is loaded before a client is opened that speaks it: the certificates of the world
take memory and time that plain HTTP has no use for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from attrs import field, frozen

from ailoop.client.errors import AiloopError

if TYPE_CHECKING:
    import ssl

__all__ = ["Tls"]

_Path = str | os.PathLike[str] | None


@frozen(kw_only=True)
class Tls:
    """How a client speaks TLS with a server at an ``https://`` address.

    :param ca_file: a PEM file of the authorities that may vouch for the server; without it,
        those that this machine trusts.
    :param cert_file: a PEM file of the client's own certificate, where a server asks for one.
    :param key_file: a PEM file of that certificate's key, if it is not in the same file.
    """

    ca_file: _Path = None
    cert_file: _Path = None
    key_file: _Path = field(default=None)

    @key_file.validator
    def _check_key(self, _: object, key: _Path) -> None:
        if key is not None and self.cert_file is None:
            raise ValueError("key_file needs cert_file, the certificate that it is the key of")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return what ``AILOOP_CA_FILE``, ``AILOOP_CERT_FILE``, ``AILOOP_KEY_FILE`` say.

        :raises AiloopError: they contradict each other.
        """
        names = ("ca_file", "cert_file", "key_file")
        said = {name: environment.get(f"AILOOP_{name.upper()}") or None for name in names}
        try:
            return cls(**said)
        except ValueError:
            raise AiloopError("AILOOP_KEY_FILE is set, but not AILOOP_CERT_FILE") from None

    def context(self) -> ssl.SSLContext:
        """Read the files.

        :raises AiloopError: naming the one that cannot be used.
        """
        import ssl

        import httpx2

        if self.ca_file is None:
            context = httpx2.create_ssl_context()
        else:
            try:
                context = ssl.create_default_context(cafile=self.ca_file)
            except OSError as error:
                raise _unfit("ca_file", self.ca_file, error, "no certificate") from None
        self.load_own(context)
        return context

    def load_own(self, context: ssl.SSLContext) -> None:
        """Add the client's own certificate to a context, if it has one.

        :raises AiloopError: naming the file that cannot be used.
        """
        if self.cert_file is None:
            return
        for name, path in (("cert_file", self.cert_file), ("key_file", self.key_file)):
            if path is not None:
                _check_readable(name, path)
        try:
            # OpenSSL would ask for a passphrase at the terminal.
            context.load_cert_chain(self.cert_file, self.key_file, password=lambda: "")
        except (OSError, ValueError) as error:
            if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
                wrong = f"key_file {self.key_file} is not the key of cert_file {self.cert_file}"
                raise AiloopError(wrong) from None
            missing = "no certificate with a key that is not locked"
            raise _unfit("cert_file", self.cert_file, error, missing) from None


def _check_readable(name: str, path: str | os.PathLike[str]) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise _unfit(name, path, error, "") from None


def _unfit(
    name: str, path: str | os.PathLike[str], error: Exception, missing: str
) -> AiloopError:
    import ssl

    is_read = isinstance(error, ssl.SSLError | ValueError)
    why = f"there is {missing} in PEM form in it" if is_read else os.strerror(_number(error))
    return AiloopError(f"{name} {os.fspath(path)} cannot be used: {why}")


def _number(error: Exception) -> int:
    return (error.errno or 0) if isinstance(error, OSError) else 0
