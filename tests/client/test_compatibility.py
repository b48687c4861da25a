"""Which versions of a server a client bears with."""

from __future__ import annotations

import pytest

from ailoop.client import compatibility
from ailoop.client.compatibility import check_version
from ailoop.client.errors import Incompatible


@pytest.mark.parametrize(
    ("client", "server", "outcome"),
    [
        ("0.1.0", "0.1.7", "good"),
        ("0.2.0", "0.1.0", "warned"),
        ("0.1.0", "0.2.0", "warned"),
        ("0.1.0", "1.0.0", "refused"),
        ("1.0.0", "0.9.0", "refused"),
        ("1.2.0", "1.2.9", "good"),
        ("1.2.0", "1.3.0", "good"),
        ("1.2.0", "1.1.9", "warned"),
        ("1.2.0", "1.10.0", "good"),
        ("1.0.0", "1.0.0-rc.1+build", "good"),
        ("1.2.0", "2.0", "refused"),
        ("1.0.0", "1", "good"),
        ("0.1.0", "", "refused"),
        ("0.1.0", "new", "refused"),
        ("0.1.0", None, "refused"),
    ],
)
def test_versions(
    monkeypatch: pytest.MonkeyPatch, client: str, server: object, outcome: str
) -> None:
    """The table that the documentation gives in words."""
    monkeypatch.setattr(compatibility, "__version__", client)
    if outcome == "refused":
        with pytest.raises(Incompatible, match=client):
            check_version(server, "it")
    else:
        assert bool(check_version(server, "it")) == (outcome == "warned")
