"""The REST face, the page, and the WebSocket on the same port."""

from ailoop.transport.rest.app import create_app

__all__ = ["create_app"]
