"""What ends with a credential or a sign-in, and when."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from ailoop.model.errors import CLOSE_UNAUTHENTICATED
from tests.access.kit import Guarded, guarded
from tests.access.test_sign_in import SESSION, page, sign_in
from tests.serving import V1, talking


def _socket_headers(house: Guarded, http: httpx2.AsyncClient) -> list[tuple[str, str]]:
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    return [("Cookie", cookie), ("Origin", house.server.daemon.rest_url)]


async def test_signing_out_ends_the_pages_sockets(house: Guarded) -> None:
    """Who signs out in one tab is not there any more in the others."""
    async with page(house) as http:
        told = await sign_in(http, house.keys["ann"])
        headers = _socket_headers(house, http)
        async with talking(house.server.socket_url("rest"), V1, headers=headers) as talk:
            assert (await talk.call("auth", ref=1))["name"] == "ann"
            await http.delete(SESSION, headers={"X-Ailoop-Csrf": told["csrf"]})
            assert await talk.closed() == CLOSE_UNAUTHENTICATED
    assert (await house["ann"].get("/api/v1/pending")).status_code == 200


async def test_the_end_of_a_sign_in_ends_its_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time a page is sent away, though the key that it signed in with is good."""
    async with guarded(tmp_path, session_seconds=600) as house, page(house) as http:
        await sign_in(http, house.keys["ann"])
        headers = _socket_headers(house, http)
        async with talking(house.server.socket_url("rest"), V1, headers=headers) as talk:
            assert (await talk.call("auth", ref=1))["name"] == "ann"
            (signed_in,) = house.server.daemon.gateway.authenticator.sign_ins._open.values()
            monkeypatch.setattr(signed_in, "ends_at", 0.0)
            assert await talk.closed() == CLOSE_UNAUTHENTICATED
