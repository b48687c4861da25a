"""Why two ends do not come to speak TLS, in words that say what to do."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["tls_fault"]

_EXPIRED = 10
_OTHER_NAME = (62, 64)
_UNKNOWN = (18, 19, 20, 21)
"""What OpenSSL calls X509_V_ERR_…: self-signed, or by an authority that is not known."""

_NO_CERTIFICATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_REFUSED = (
    "TLSV1_ALERT_UNKNOWN_CA",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
)


def tls_fault(url: str, error: BaseException | None) -> str | None:
    """Return what an error says of TLS, if that is what it comes from."""
    import ssl

    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _distrust(url, error.verify_code, error.verify_message)
        if isinstance(error, ssl.SSLError) and error.reason:
            return _failure(error.reason)
        error = error.__cause__ or error.__context__
    return None


def _distrust(url: str, code: int, words: str) -> str:
    if code == _EXPIRED:
        return "its certificate has expired; it has to be renewed there"
    if code in _OTHER_NAME:
        name = urlsplit(url).hostname
        return f"its certificate is not for {name}; use a name that it is for as the address"
    if code in _UNKNOWN:
        return (
            "its certificate is not by an authority that is trusted here; name the file of "
            "that authority with AILOOP_CA_FILE, or tls=Tls(ca_file=…)"
        )
    return f"its certificate is not to be trusted: {words}"


def _failure(reason: str) -> str:
    if reason in _NO_CERTIFICATE:
        return (
            "it asks for a client certificate; name yours with AILOOP_CERT_FILE and "
            "AILOOP_KEY_FILE, or tls=Tls(cert_file=…, key_file=…)"
        )
    if reason in _REFUSED:
        words = reason.rpartition("ALERT_")[2].replace("_", " ").lower()
        return f"it does not take this client's certificate ({words})"
    if reason in _NO_TLS:
        return "it does not speak TLS; use http:// as the address"
    return f"TLS failed: {reason.replace('_', ' ').lower()}"
