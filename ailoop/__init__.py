"""ailoop: agents ask, people answer, the decision comes back exactly once.

The public names load when they are first used, so that ``import ailoop`` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ailoop.version import __version__

if TYPE_CHECKING:
    from ailoop.client import (
        AiloopError,
        AlreadySettled,
        Approval,
        BadKeyFile,
        Busy,
        Conflict,
        Connected,
        ConnectionEvent,
        ConnectionLost,
        ConnectionState,
        Delivery,
        Expired,
        FormAnswer,
        Incompatible,
        Invalid,
        Lost,
        MessageFeed,
        MissedMessages,
        NotAllowed,
        NotAuthorized,
        NotFound,
        Patience,
        PromptLost,
        ReceiptInvalid,
        Reconnecting,
        Refused,
        SealedMessage,
        SealedPrompt,
        Ticket,
        Tls,
        Unauthenticated,
        Unavailable,
        Undelivered,
        UnfitAnswer,
        Unreachable,
        UnreadAnswer,
        VersionWarning,
    )
    from ailoop.client.trio_client import AiloopClient

__all__ = [
    "AiloopClient",
    "AiloopError",
    "AlreadySettled",
    "Approval",
    "BadKeyFile",
    "Busy",
    "Conflict",
    "Connected",
    "ConnectionEvent",
    "ConnectionLost",
    "ConnectionState",
    "Delivery",
    "Expired",
    "FormAnswer",
    "Incompatible",
    "Invalid",
    "Lost",
    "MessageFeed",
    "MissedMessages",
    "NotAllowed",
    "NotAuthorized",
    "NotFound",
    "Patience",
    "PromptLost",
    "ReceiptInvalid",
    "Reconnecting",
    "Refused",
    "SealedMessage",
    "SealedPrompt",
    "Ticket",
    "Tls",
    "Unauthenticated",
    "Unavailable",
    "Undelivered",
    "UnfitAnswer",
    "Unreachable",
    "UnreadAnswer",
    "VersionWarning",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "AiloopClient":
        return import_module("ailoop.client.trio_client").AiloopClient
    if name in __all__:
        return getattr(import_module("ailoop.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
