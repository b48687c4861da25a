"""What importing the client costs: no server comes with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER = (
    "click",
    "flask",
    "h2",
    "hypercorn",
    "jinja2",
    "prometheus_client",
    "quart",
    "quart_trio",
    "structlog",
    "typed_settings",
    "werkzeug",
)
OURS = ("broker", "journal", "transport", "daemon", "cli")


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import ailoop", "from ailoop import AiloopClient", "import ailoop.client"]
)
def test_no_server(statement: str) -> None:
    """An agent that imports the client loads no module of the server."""
    loaded = loaded_by(statement)
    assert loaded.isdisjoint({*SERVER, *(f"ailoop.{name}" for name in OURS)})


def test_cheap() -> None:
    """``import ailoop`` alone loads neither the client nor Trio."""
    assert loaded_by("import ailoop").isdisjoint({"trio", "httpx2", "ailoop.client"})


def test_every_public_name() -> None:
    """Every name that the package promises is there, and no other."""
    import ailoop

    for name in ailoop.__all__:
        assert getattr(ailoop, name) is not None
    with pytest.raises(AttributeError):
        _ = ailoop.nothing
