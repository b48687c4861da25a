"""Live state: channels, prompts and feeds, all of it projected from one log a channel.

Nothing here touches a socket or a file; entries live behind
:class:`~ailoop.broker.ports.Journal`.
"""

from ailoop.broker.batch import Batch
from ailoop.broker.broker import Broker, open_broker
from ailoop.broker.feed import Feed, Gap
from ailoop.broker.guard import OPEN, Guard
from ailoop.broker.limits import BrokerLimits
from ailoop.broker.ports import Entry, Issuer, Journal, JournalError
from ailoop.broker.prompt import Prompt, State
from ailoop.broker.state import Accepted, Outcome

__all__ = [
    "OPEN",
    "Accepted",
    "Batch",
    "Broker",
    "BrokerLimits",
    "Entry",
    "Feed",
    "Gap",
    "Guard",
    "Issuer",
    "Journal",
    "JournalError",
    "Outcome",
    "Prompt",
    "State",
    "open_broker",
]
