"""What agents, and programs for people, import: the words of every face, and no event loop."""

from ailoop.client.approval import Approval
from ailoop.client.compatibility import VersionWarning
from ailoop.client.errors import (
    AiloopError,
    AlreadySettled,
    BadKeyFile,
    Busy,
    Conflict,
    ConnectionLost,
    Expired,
    Incompatible,
    Invalid,
    MissedMessages,
    NotAllowed,
    NotAuthorized,
    NotFound,
    PromptLost,
    ReceiptInvalid,
    Refused,
    SealedPrompt,
    Unauthenticated,
    Unavailable,
    Undelivered,
    UnfitAnswer,
    Unreachable,
    UnreadAnswer,
)
from ailoop.client.feed import MessageFeed
from ailoop.client.form_answer import FormAnswer
from ailoop.client.opening import SealedMessage
from ailoop.client.patience import (
    Connected,
    ConnectionEvent,
    ConnectionState,
    Lost,
    Patience,
    Reconnecting,
)
from ailoop.client.ticket import Ticket
from ailoop.client.tls import Tls
from ailoop.model.delivery import Delivery

__all__ = [
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
]
