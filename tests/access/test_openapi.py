"""The document of a server that wants to know who is there, and requests made up from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trio

from tests.access.kit import Guarded, guarded
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
async def test_schemathesis(tmp_path: Path, name: str) -> None:
    """With a credential every answer is described; without, or with another, there is none.

    The last is schemathesis' own check ``ignored_auth``: it repeats what was answered without
    the credential, and with one that it has made up. Of the checks that are left out,
    :mod:`tests.rest.test_openapi` tells.
    """
    async with guarded(tmp_path, max_wait_seconds=0.02) as house:
        finished = await trio.run_process(
            [
                *(str(Path(sys.executable).with_name("st")), "run"),
                f"{house.server.daemon.rest_url}/openapi.json",
                *("--header", f"Authorization: Bearer {house.keys[name]}"),
                *("--exclude-checks", "positive_data_acceptance,use_after_free"),
                *("--max-examples", "3", "--seed", "1", "--generation-database", "none"),
                "--no-color",
            ],
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            cwd=tmp_path,
        )
        assert finished.returncode == 0, finished.stdout.decode()[-5000:]
        assert b"21 selected / 21 total" in finished.stdout
