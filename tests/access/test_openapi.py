"""The document of a server that wants to know who is there, and requests made up from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.access.kit import Guarded, guarded
from tests.rest.made_up import make_up_requests
from tests.serving import serving

FOR_STRANGERS = ("health", "live", "ready", "sign_in", "sign_out")


async def security(url: str) -> dict[str, Any]:
    """Return what each operation asks for, by its name; under ``""`` what the others do."""
    async with httpx2.AsyncClient(base_url=url) as http:
        told = (await http.get("/openapi.json")).json()
    operations = [one for methods in told["paths"].values() for one in methods.values()]
    asked = {one["operationId"]: one["security"] for one in operations if "security" in one}
    return {"": told["security"], **asked}


async def test_what_the_document_asks_for(house: Guarded) -> None:
    """A credential, where the server wants one, except for what is for strangers too."""
    told = await security(house.server.daemon.rest_url)
    required = told.pop("")
    assert required == [{"bearer": []}, {"api_key": []}]
    assert told == {key: [*required, {}] for key in FOR_STRANGERS}
    async with serving() as server:
        assert (await security(server.daemon.rest_url))[""] == [*required, {}]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["bot", "root"])
async def test_schemathesis(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a credential every answer is described; without, or with another, there is none.

    The last is schemathesis' own check ``ignored_auth``: it repeats what was answered without
    the credential, and with one that it has made up: more often than anybody else may.
    """
    monkeypatch.setattr("ailoop.access.penalty._ATTEMPTS_PER_MINUTE", 1000)
    async with guarded(tmp_path, max_wait_seconds=0.02) as house:
        credential = ("--header", f"Authorization: Bearer {house.keys[name]}")
        url = house.server.daemon.rest_url
        await make_up_requests(url, tmp_path, *credential, examples=3)
