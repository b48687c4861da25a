"""Which web pages a server with TLS takes for its own."""

from __future__ import annotations

import pytest

from ailoop.model.errors import Refusal
from ailoop.transport.origin import OriginPolicy
from tests.serving import PORTS, note
from tests.tls.kit import Papers


@pytest.mark.parametrize("port", PORTS)
async def test_pages_of_both_ports(papers: Papers, port: str) -> None:
    """They get through over https; over http, where anybody could write it, a page does not."""
    async with papers.serving() as server:
        host = f"127.0.0.1:{server.address(port)[1]}"
        for origin, status in ((f"https://{host}", 201), (f"http://{host}", 403)):
            sent = {"Origin": origin}
            answer = await server.http.post("/api/v1/messages", json=note(), headers=sent)
            assert answer.status_code == status, origin
        async with papers.talking(server, port, headers=[("Origin", f"https://{host}")]):
            pass


def let_in(policy: OriginPolicy, origin: str, host: str) -> bool:
    try:
        policy.check_origin(origin, host)
    except Refusal:
        return False
    return True


def test_the_usual_port() -> None:
    """443 is in no address: not in that of the page, not in that of the request."""
    policy = OriginPolicy(loopback=False)
    policy.secure, policy.ports = True, {443, 8080}
    assert let_in(policy, "https://inbox.example", "inbox.example")
    assert let_in(policy, "https://inbox.example", "inbox.example:443")
    assert let_in(policy, "https://inbox.example", "inbox.example:8080")
    assert let_in(policy, "https://inbox.example:8080", "inbox.example")
    assert not let_in(policy, "http://inbox.example", "inbox.example")
    assert not let_in(policy, "https://other.example", "inbox.example")
    assert not let_in(policy, "https://inbox.example:8443", "inbox.example")


def test_a_proxy_that_speaks_tls() -> None:
    """In front of a server without TLS, a page over https is its own as before."""
    policy = OriginPolicy(loopback=False)
    policy.ports = {8080, 8081}
    assert let_in(policy, "https://inbox.example", "inbox.example")
    assert let_in(policy, "http://inbox.example:8081", "inbox.example:8080")
    # Port 443 is not this server's, though 80 would be.
    policy.ports = {80}
    assert not let_in(policy, "https://inbox.example", "inbox.example:8080")
    assert let_in(policy, "http://inbox.example", "inbox.example:8080")


def test_a_listed_origin_without_tls() -> None:
    """Who is on the list was meant."""
    policy = OriginPolicy(["http://old.example"])
    policy.secure = True
    assert let_in(policy, "http://old.example", "127.0.0.1")
