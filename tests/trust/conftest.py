"""Clients of each face and transport, as the tests of the client have them."""

from tests.client.conftest import face, transport

__all__ = ["face", "transport"]
