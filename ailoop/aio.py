"""The client for agents on asyncio: ``from ailoop.aio import AiloopClient``.

All names of :mod:`ailoop` are here, and mean the same.
"""

from ailoop import client
from ailoop.client import *  # noqa: F403 -- one list of the words for all faces
from ailoop.client.asyncio_client import AiloopClient

__all__ = ["AiloopClient"]
__all__ += client.__all__
