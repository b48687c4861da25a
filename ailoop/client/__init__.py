"""What agents, and programs for people, import."""

from ailoop.client.approval import Approval
from ailoop.client.errors import (
    AiloopError,
    AlreadySettled,
    Busy,
    Conflict,
    ConnectionLost,
    Expired,
    Incompatible,
    Invalid,
    MissedMessages,
    NotAuthorized,
    NotFound,
    PromptLost,
    Refused,
    Unavailable,
    Unreachable,
)
from ailoop.client.feed import MessageFeed
from ailoop.client.patience import (
    Connected,
    ConnectionEvent,
    ConnectionState,
    Lost,
    Patience,
    Reconnecting,
)
from ailoop.client.ticket import Ticket
from ailoop.client.trio_client import AiloopClient

__all__ = [
    "AiloopClient",
    "AiloopError",
    "AlreadySettled",
    "Approval",
    "Busy",
    "Conflict",
    "Connected",
    "ConnectionEvent",
    "ConnectionLost",
    "ConnectionState",
    "Expired",
    "Incompatible",
    "Invalid",
    "Lost",
    "MessageFeed",
    "MissedMessages",
    "NotAuthorized",
    "NotFound",
    "Patience",
    "PromptLost",
    "Reconnecting",
    "Refused",
    "Ticket",
    "Unavailable",
    "Unreachable",
]
