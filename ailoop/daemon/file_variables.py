"""Settings by file: ``AILOOP_HOST_FILE`` names a file that holds what ``AILOOP_HOST`` would.

Orchestrators hand secrets over as files, because variables show in process lists, crash reports
and the environment of children.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ailoop.daemon.errors import DaemonError

__all__ = ["SUFFIX", "read_file_variables"]

SUFFIX = "_FILE"

_MOST_BYTES = 64 * 1024
"""More is no setting, but a device or a mistake."""


def read_file_variables(
    names: Iterable[str], paths: Collection[str], environment: Mapping[str, str], prefix: str
) -> dict[str, str]:
    """Return the settings that the environment gives by file.

    :param names: of all settings.
    :param paths: those whose value is the path of a file anyway: of these the variable names
        that file, whose content is none of the environment's business.
    :param prefix: what a setting's variable begins with.
    :raises DaemonError: a file cannot be read, or a setting is given in both ways.
    """
    found: dict[str, str] = {}
    for name in names:
        plain = f"{prefix}{name.upper()}"
        variable = plain + SUFFIX
        if variable not in environment:
            continue
        if plain in environment:
            raise DaemonError(f"{plain} and {variable} are both set; keep one of them")
        path = environment[variable]
        found[name] = path if name in paths else _read(variable, path)
    return found


def _read(variable: str, path: str) -> str:
    """Return what a file holds, without the line end that editors leave behind it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- `Path("")` would be this folder
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise DaemonError(f"{variable}: cannot read {path!r}: {why}") from None
    if len(content) > _MOST_BYTES:
        raise DaemonError(f"{variable}: {path!r} is longer than {_MOST_BYTES} bytes")
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise DaemonError(f"{variable}: {path!r} is not UTF-8") from None
