"""What an agent prints, told to people: lines in, notifications on a channel out."""

from ailoop.forward.buffer import Buffer
from ailoop.forward.event import Event, Kind
from ailoop.forward.forwarder import Counts, Forwarder
from ailoop.forward.messages import Messages
from ailoop.forward.parser import AGENTS, BadLineError, Parser
from ailoop.forward.position import BadPositionError, PositionFile
from ailoop.forward.source import Piece, follow_file, read_file, read_stdin

__all__ = [
    "AGENTS",
    "BadLineError",
    "BadPositionError",
    "Buffer",
    "Counts",
    "Event",
    "Forwarder",
    "Kind",
    "Messages",
    "Parser",
    "Piece",
    "PositionFile",
    "follow_file",
    "read_file",
    "read_stdin",
]
