"""Why a daemon does not start."""

__all__ = ["DaemonError"]


class DaemonError(Exception):
    """Its text is one line that says what is wrong and what to do."""
