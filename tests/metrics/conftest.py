"""Every test here may ask for a running ``server``."""

from tests.serving import server

__all__ = ["server"]
