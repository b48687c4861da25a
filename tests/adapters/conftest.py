"""A daemon for each test of this folder."""

from tests.serving import server

__all__ = ["server"]
