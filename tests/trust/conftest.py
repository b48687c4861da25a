"""Clients of each face and transport, as the tests of the client have them."""

from __future__ import annotations

from tests.client.conftest import face, transport

__all__ = ["face", "transport"]
