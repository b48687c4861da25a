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
    NotFound,
    Refused,
    Unavailable,
    Unreachable,
)
from ailoop.client.trio_client import AiloopClient

__all__ = [
    "AiloopClient",
    "AiloopError",
    "AlreadySettled",
    "Approval",
    "Busy",
    "Conflict",
    "ConnectionLost",
    "Expired",
    "Incompatible",
    "Invalid",
    "MissedMessages",
    "NotFound",
    "Refused",
    "Unavailable",
    "Unreachable",
]
