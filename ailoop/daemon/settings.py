"""Every setting of the daemon, and the only place that reads the environment for it.

A setting is a flag (``--ws-port``), a variable (``AILOOP_WS_PORT``) and a key of
``ailoop.toml`` (``ws_port``); the flag wins over the variable, the variable over the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NewType

import orjson
import typed_settings as ts
from attrs import Attribute, asdict, field, fields, frozen, validators
from cattrs import Converter
from typed_settings.exceptions import ConfigFileLoadError, TsError
from typed_settings.loaders import DictLoader

from ailoop.broker import BrokerLimits
from ailoop.daemon.errors import DaemonError
from ailoop.daemon.file_variables import read_file_variables
from ailoop.daemon.journals import read_rule
from ailoop.model.limits import MessageLimits
from ailoop.transport.gateway import TransportLimits
from ailoop.transport.head import HeadLimits
from ailoop.transport.lobby import LobbyLimits
from ailoop.transport.rates import RateLimits

__all__ = ["Settings", "load_settings", "toml_text"]

DEFAULT_FILE = Path("ailoop.toml")
PREFIX = "AILOOP_"

_UNCONVERTED = re.compile(r"Could not convert value (.+) for option '(\w+)' from loader")

_LONGEST_SECONDS = 1e9
"""Some thirty years: finite, because clocks and timers overflow."""

_Texts = NewType("_Texts", tuple[str, ...])
"""By a name, or typed-settings asks pydantic whether a text is a class of settings."""

_MESSAGE = MessageLimits()
_BROKER = BrokerLimits()
_TRANSPORT = TransportLimits()
_RATES = RateLimits()


def _setting(default: Any, about: str, *, check: Any = None, path: bool = False) -> Any:
    metadata = {"help": about, "path": path}
    return field(default=default, metadata=metadata, validator=check or [])


def _path(about: str, *, check: Any = None) -> Any:
    """Return a setting that is the path of a file, or nothing."""
    return _setting("", about, check=check, path=True)


def _size(default: int, about: str) -> Any:
    return _setting(default, about, check=validators.ge(1))


def _seconds(default: float, about: str) -> Any:
    return _setting(default, about, check=[validators.gt(0), validators.le(_LONGEST_SECONDS)])


def _rate(about: str) -> Any:
    def check(_: Settings, attribute: Attribute[float], value: float) -> None:
        if value != 0 and not 0.001 <= value <= 1e9:
            raise ValueError(
                f"{attribute.name} is 0 (no limit) or from 0.001 to 1e9, not {value!r}"
            )

    return _setting(0.0, f"{about} a second; 0 is no limit.", check=check)


def _port(default: int, about: str) -> Any:
    return _setting(default, about, check=[validators.ge(0), validators.le(65535)])


def _one_of(*allowed: str) -> Any:
    def check(_: Settings, attribute: Attribute[str], value: str) -> None:
        if value not in allowed:
            raise ValueError(f"{attribute.name} is one of {', '.join(allowed)}, not {value!r}")

    return check


def _check_journal(_settings: Settings, _: Attribute[str], value: str) -> None:
    path = value.removeprefix("sqlite:")
    if value != "memory" and (path == value or not path):
        raise ValueError(f"journal is memory or sqlite:PATH, not {value!r}")


def _check_pair(settings: Settings, _: Attribute[str], key: str) -> None:
    if bool(key) != bool(settings.tls_cert):
        there, missing = ("tls_key", "tls_cert") if key else ("tls_cert", "tls_key")
        raise ValueError(f"{there} needs {missing}: TLS takes a certificate and its key")


def _check_client_ca(settings: Settings, _: Attribute[str], authorities: str) -> None:
    if authorities and not settings.tls_cert:
        raise ValueError("tls_client_ca needs tls_cert and tls_key")


def _check_rules(_settings: Settings, _: Attribute[str], rules: tuple[str, ...]) -> None:
    for rule in rules:
        read_rule(rule)


@frozen(kw_only=True)
class Settings:
    """What a daemon can be told."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    insecure_no_auth: bool = _setting(
        False,
        "Listen on an address that other machines can reach, although nobody has to "
        "authenticate; something else must keep them out.",
    )
    auth_keys: str = _path(
        "File of API keys, made with `ailoop key create`; who has none is refused."
    )
    auth_jwt_keys: str = _path(
        "File or URL of the JSON Web Key Set that tokens are signed with."
    )
    auth_jwt_issuer: str = _setting("", "What a token's `iss` has to be.")
    auth_jwt_audience: str = _setting("", "What a token's `aud` has to be, or to contain.")
    auth_jwt_claim: str = _setting("ailoop", "The claim that lists a token's grants.")
    auth_jwt_leeway_seconds: int = _size(30, "How far a token's clock may be from ours.")
    auth_jwt_refresh_seconds: float = _seconds(
        300.0, "How long keys of a URL are good; sooner if a token names another."
    )
    session_seconds: float = _seconds(12 * 60 * 60, "How long a page stays signed in.")
    max_sessions: int = _size(
        1000, "Most pages that are signed in; one name has a tenth of them at most."
    )
    ws_port: int = _port(8080, "WebSocket port; 0 picks a free one.")
    rest_port: int = _port(8081, "REST port; 0 picks a free one.")
    tls_cert: str = _path(
        "PEM file of the certificate and what vouches for it; both ports then speak TLS."
    )
    tls_key: str = _path("PEM file of the certificate's key.", check=_check_pair)
    tls_client_ca: str = _path(
        "PEM file of authorities; whoever connects then needs a certificate by one of them.",
        check=_check_client_ca,
    )
    journal: str = _setting(
        "memory",
        "Where messages live: memory (until the process ends), or sqlite:PATH.",
        check=_check_journal,
    )
    journal_synchronous: str = _setting(
        "full",
        "What the SQLite journal outlives: full, a power cut; normal, a crash of the daemon.",
        check=_one_of("full", "normal"),
    )
    journal_retention: _Texts = _setting(  # noqa: RUF009 -- a field, as the others are
        (),
        "What the SQLite journal keeps: rules such as deploys-*:messages=1000:seconds=86400, "
        "of which the first that fits a channel holds; without one, everything.",
        check=_check_rules,
    )
    journal_pause_seconds: float = _seconds(
        5.0, "How often the SQLite journal is looked through for what is to go."
    )
    receipt_signing_key: str = _path(
        "File of the private key that signs a receipt of each decision, made by ailoop receipt "
        "keygen; without one there are no receipts.",
    )
    receipt_seconds: int = _setting(
        300,
        "How long after a decision its receipt allows what was decided.",
        check=[validators.ge(1), validators.le(int(_LONGEST_SECONDS))],
    )
    allowed_origins: _Texts = _setting(  # noqa: RUF009 -- a field, as the others are
        (), "Origins of web pages that may use this server, besides its own."
    )
    grace_seconds: float = _seconds(10.0, "How long a stop may take.")
    log_level: str = _setting(
        "info",
        "debug, info, warning or error.",
        check=_one_of("debug", "info", "warning", "error"),
    )
    log_format: str = _setting(
        "auto",
        "console, json, or auto: console on a terminal.",
        check=_one_of("auto", "console", "json"),
    )
    log_to: str = _setting(
        "stderr",
        "Where logs go, stderr or stdout; on stdout the ready line makes way for them.",
        check=_one_of("stderr", "stdout"),
    )
    message_bytes: int = _size(_MESSAGE.message_bytes, "Largest message.")
    text_bytes: int = _size(_MESSAGE.text_bytes, "Longest text in a message.")
    max_choices: int = _size(_MESSAGE.choices, "Most choices of a question.")
    metadata_depth: int = _size(_MESSAGE.metadata_depth, "Deepest nesting of metadata.")
    json_depth: int = _size(_MESSAGE.json_depth, "Deepest nesting of any JSON that is read.")
    batch_messages: int = _size(_MESSAGE.batch_messages, "Most messages in one request.")
    max_timeout_seconds: int = _setting(
        _MESSAGE.timeout_seconds,
        "Longest time a prompt may wait for a person.",
        check=[validators.ge(1), validators.le(int(_LONGEST_SECONDS))],
    )
    max_channels: int = _size(_BROKER.channels, "Most live channels.")
    max_prompts: int = _size(_BROKER.prompts, "Most open prompts.")
    max_channel_prompts: int = _size(
        _BROKER.channel_prompts, "Most open prompts of one channel."
    )
    history_messages: int = _size(_BROKER.history_messages, "Messages a channel keeps.")
    history_bytes: int = _size(_BROKER.history_bytes, "Bytes of messages a channel keeps.")
    history_seconds: float = _seconds(
        _BROKER.history_seconds, "How long a channel keeps a message."
    )
    inbox_size: int = _size(_BROKER.inbox, "Submissions that wait for a channel.")
    feed_messages: int = _size(_BROKER.feed_messages, "Messages held for one subscription.")
    feed_bytes: int = _size(_BROKER.feed_bytes, "Bytes held for one subscription.")
    max_feeds: int = _size(_BROKER.feeds, "Most subscriptions.")
    max_waiters: int = _size(_BROKER.waiters, "Most callers waiting for responses.")
    max_viewers: int = _size(
        _BROKER.viewers, "Names kept of those who have seen a prompt, or type."
    )
    body_bytes: int = _size(_TRANSPORT.body_bytes, "Largest request body or frame.")
    max_connections: int = _size(_TRANSPORT.connections, "Most WebSocket connections.")
    max_replies: int = _size(
        _TRANSPORT.replies, "Unread replies after which a connection is not read."
    )
    max_reply_bytes: int = _size(
        _TRANSPORT.reply_bytes, "Bytes of unread replies after which it is not read."
    )
    outbox_bytes: int = _size(
        _TRANSPORT.outbox_bytes, "Bytes handed to one WebSocket at a time."
    )
    max_watched: int = _size(_TRANSPORT.watched, "Most prompts one connection may wait for.")
    max_shown: int = _size(
        _TRANSPORT.shown, "Most open prompts one connection may show, or hear of."
    )
    page_size: int = _size(_TRANSPORT.page, "Most items of one page of a list.")
    max_wait_seconds: float = _seconds(
        _TRANSPORT.wait_seconds, "Longest time one HTTP request may wait."
    )
    send_seconds: float = _seconds(
        _TRANSPORT.send_seconds, "How long a frame may wait for its reader."
    )
    heartbeat_seconds: float = _seconds(
        _TRANSPORT.heartbeat_seconds, "How often an idle connection is pinged."
    )
    max_mcp_calls: int = _size(
        _TRANSPORT.mcp_calls, "Most calls of MCP tools that wait, or are answered."
    )
    mcp_ticket_seconds: float = _seconds(
        _TRANSPORT.mcp_ticket_seconds,
        "How long a call of an MCP tool waits for a person; then it returns a ticket.",
    )
    mcp_progress_seconds: float = _seconds(
        _TRANSPORT.mcp_progress_seconds, "The same where its client hears of progress."
    )
    mcp_tick_seconds: float = _seconds(
        _TRANSPORT.mcp_tick_seconds, "How often such a client hears that the call still waits."
    )

    head_bytes: int = _size(_TRANSPORT.head.size, "Largest head of an HTTP request.")
    head_fields: int = _size(_TRANSPORT.head.fields, "Most header fields of one.")
    head_seconds: float = _seconds(
        _TRANSPORT.head.seconds, "How long it, or a WebSocket handshake, may take to arrive."
    )
    upload_seconds: float = _seconds(
        _TRANSPORT.upload_seconds, "How long an HTTP body may take to arrive."
    )
    idle_seconds: float = _seconds(
        _TRANSPORT.idle_seconds, "How long an HTTP connection is kept between two requests."
    )
    max_sockets: int = _size(
        _TRANSPORT.lobby.sockets, "Most TCP connections, whatever they are for."
    )
    max_newcomers: int = _size(
        _TRANSPORT.lobby.newcomers, "Most TCP connections that have not asked for anything yet."
    )
    max_address_connections: int = _size(
        _TRANSPORT.lobby.address, "Most TCP connections from one address of another machine."
    )

    rate_messages: float = _rate("Messages of one client")
    rate_prompts: float = _rate("Prompts of one client")
    rate_bytes: float = _rate("Bytes of messages of one client")
    rate_channel_messages: float = _rate("Messages on one channel")
    rate_channel_prompts: float = _rate("Prompts on one channel")
    rate_channel_bytes: float = _rate("Bytes of messages on one channel")
    rate_responses: float = _rate("Responses of one person, which count as nothing else:")
    rate_connections: float = _rate("WebSockets that one client opens")
    rate_requests: float = _rate("HTTP requests of one client")
    rate_burst_seconds: float = _seconds(
        _RATES.burst_seconds,
        "What a rate limit lets through in so many seconds may come at once.",
    )
    rate_remembered: int = _size(
        _RATES.remembered, "Clients, or channels, that each rate limit remembers."
    )

    @property
    def reloadable(self) -> bool:
        """Whether anything can be read again while the daemon runs."""
        return bool(self.tls_cert)

    def message_limits(self) -> MessageLimits:
        """Return what the model needs to know."""
        return MessageLimits(
            message_bytes=self.message_bytes,
            text_bytes=self.text_bytes,
            choices=self.max_choices,
            metadata_depth=self.metadata_depth,
            json_depth=self.json_depth,
            batch_messages=self.batch_messages,
            timeout_seconds=self.max_timeout_seconds,
        )

    def broker_limits(self) -> BrokerLimits:
        """Return what the broker needs to know."""
        return BrokerLimits(
            channels=self.max_channels,
            prompts=self.max_prompts,
            channel_prompts=self.max_channel_prompts,
            history_messages=self.history_messages,
            history_bytes=self.history_bytes,
            history_seconds=self.history_seconds,
            inbox=self.inbox_size,
            feed_messages=self.feed_messages,
            feed_bytes=self.feed_bytes,
            feeds=self.max_feeds,
            waiters=self.max_waiters,
            viewers=self.max_viewers,
        )

    def transport_limits(self) -> TransportLimits:
        """Return what the transports need to know."""
        return TransportLimits(
            body_bytes=self.body_bytes,
            connections=self.max_connections,
            replies=self.max_replies,
            reply_bytes=self.max_reply_bytes,
            outbox_bytes=self.outbox_bytes,
            watched=self.max_watched,
            shown=self.max_shown,
            page=self.page_size,
            wait_seconds=self.max_wait_seconds,
            send_seconds=self.send_seconds,
            heartbeat_seconds=self.heartbeat_seconds,
            upload_seconds=self.upload_seconds,
            idle_seconds=self.idle_seconds,
            mcp_calls=self.max_mcp_calls,
            mcp_ticket_seconds=self.mcp_ticket_seconds,
            mcp_progress_seconds=self.mcp_progress_seconds,
            mcp_tick_seconds=self.mcp_tick_seconds,
            head=HeadLimits(
                size=self.head_bytes, fields=self.head_fields, seconds=self.head_seconds
            ),
            lobby=LobbyLimits(
                newcomers=self.max_newcomers,
                sockets=self.max_sockets,
                address=self.max_address_connections,
            ),
        )

    def rate_limits(self) -> RateLimits:
        """Return how much may come in a second."""
        return RateLimits(
            messages=self.rate_messages,
            prompts=self.rate_prompts,
            bytes=self.rate_bytes,
            channel_messages=self.rate_channel_messages,
            channel_prompts=self.rate_channel_prompts,
            channel_bytes=self.rate_channel_bytes,
            responses=self.rate_responses,
            connections=self.rate_connections,
            requests=self.rate_requests,
            burst_seconds=self.rate_burst_seconds,
            remembered=self.rate_remembered,
        )


def load_settings(flags: Mapping[str, Any], file: Path | None = None) -> Settings:
    """Join flags, environment, file and defaults.

    :param flags: values given on the command line, by setting.
    :param file: a TOML file that must exist; without it ``ailoop.toml`` here, if any.
    :raises DaemonError: naming the setting that is wrong.
    """
    if file is not None and not file.is_file():
        raise DaemonError(f"there is no settings file {file}")
    settings = fields(Settings)
    paths = {one.name for one in settings if one.metadata["path"]}
    by_file = read_file_variables([one.name for one in settings], paths, os.environ, PREFIX)
    # Not typed-settings' own, which loads pydantic where it happens to be installed.
    converter = Converter()
    for kind in (int, float, str):
        converter.register_structure_hook(kind, _convert)
    converter.register_structure_hook(bool, _convert_switch)
    ts.register_strlist_hook(converter, sep=",")
    toml = ts.FileLoader({"*": ts.TomlFormat(section=None)}, [file or DEFAULT_FILE])
    try:
        return ts.load_settings(
            Settings,
            loaders=[toml, ts.EnvLoader(PREFIX), DictLoader(by_file), DictLoader(dict(flags))],
            converter=converter,
        )
    except TsError as error:
        where = f" in {file or DEFAULT_FILE}" if isinstance(error, ConfigFileLoadError) else ""
        raise DaemonError(f"bad setting{where}: {'; '.join(_reasons(error))}") from None
    except UnicodeDecodeError:
        raise DaemonError(f"the settings file {file or DEFAULT_FILE} is not UTF-8") from None


def _convert(value: Any, kind: type[Any]) -> Any:
    """Read the text of a flag or variable; a file's value must be of the right type."""
    if isinstance(value, str) or type(value) is kind or (kind is float and type(value) is int):
        return kind(value)
    raise ValueError(f"not of type {kind.__name__}")


def _convert_switch(value: Any, _: type[bool]) -> bool:
    """Read a setting that is on or off."""
    said = str(value).lower()
    if said in ("true", "yes", "on", "1"):
        return True
    if said in ("false", "no", "off", "0"):
        return False
    raise ValueError("neither true nor false")


def _reasons(error: BaseException) -> list[str]:
    """Return the sentences at the leaves of an error group, without the class names."""
    if isinstance(error, BaseExceptionGroup):
        return [reason for child in error.exceptions for reason in _reasons(child)]
    _, _, listed = str(error).partition("Could not convert loaded settings: \n")
    if listed:
        return [line.partition("Error: ")[2] for line in listed.splitlines()]
    named = _UNCONVERTED.match(str(error))
    return [f"{named[2]} cannot be {named[1]}" if named else " ".join(str(error).split())]


def toml_text(settings: Settings) -> str:
    """Write settings as a file that :func:`load_settings` reads."""
    values = asdict(settings)
    lines = []
    for one in fields(Settings):
        lines += [f"# {one.metadata['help']}", f"{one.name} = {_toml(values[one.name])}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's; only DEL, bare in JSON, must not stand in TOML.
        return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
    return str(value)
