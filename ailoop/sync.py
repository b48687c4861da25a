"""The client for scripts without an event loop: ``from ailoop.sync import AiloopClient``.

All names of :mod:`ailoop` are here, and mean the same; :func:`fail_after` bounds what calls
may take, as a cancel scope does on Trio.
"""

from ailoop import client
from ailoop.client import *  # noqa: F403 -- one list of the words for all faces
from ailoop.client.deadline import fail_after
from ailoop.client.sync_client import AiloopClient, BlockingFeed

__all__ = ["AiloopClient", "BlockingFeed", "fail_after"]
__all__ += client.__all__
