"""ailoop: agents ask, people answer, the decision comes back exactly once."""

from ailoop.version import __version__

__all__ = ["__version__"]
