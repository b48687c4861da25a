"""The answer of ``/metrics``: its two forms, who may read it, and that it never fails."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from structlog.testing import capture_logs

from ailoop.transport.metrics import registry
from ailoop.version import __version__
from tests.metrics.kit import key, read, scrape
from tests.rest.kit import check_error
from tests.serving import Served, note, question, serving

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "text/html", "", "x" * 2000, "\xff"])
async def test_plain(server: Served, accept: str) -> None:
    """Whoever does not ask for OpenMetrics gets Prometheus' own text, whatever he asks for."""
    headers = {"Accept": accept.encode("latin1")}
    answer = await server.http.get("/metrics", headers=headers)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert read(answer.text).of("ailoop_build_info", version=__version__) == 1


@pytest.mark.parametrize(
    "version",
    [PROMETHEUS, "application/openmetrics-text;version=x", "application/openmetrics-text"],
)
async def test_openmetrics(server: Served, version: str) -> None:
    """Who asks for OpenMetrics gets it in the version there is, with the same samples."""
    await server.post(note(), question())
    answer = await server.http.get("/metrics", headers={"Accept": version})
    kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.headers["Content-Type"] == kind
    told = {
        key(sample.name, sample.labels)
        for family in openmetrics.text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert told == set((await scrape(server)).values)


async def test_who_may_read(server: Served) -> None:
    """A page of another origin cannot, nor one that has its own name point here."""
    headers = {"Origin": "https://evil.example"}
    answer = await server.http.get("/metrics", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = await server.http.get("/metrics", headers={"Host": "evil.example"})
    check_error(answer, "bad_host", host="evil.example")


async def test_listed_page_may_read() -> None:
    """A page whose origin is on the list may, as it may read everything else."""
    listed = "https://inbox.example"
    async with serving(allowed_origins=(listed,)) as server:
        answer = await server.http.get("/metrics", headers={"Origin": listed})
        assert answer.headers["access-control-allow-origin"] == listed


async def test_only_reading(server: Served) -> None:
    """There is nothing to change at this address."""
    for method in ("POST", "PUT", "DELETE"):
        check_error(await server.http.request(method, "/metrics"), "method_not_allowed")


async def test_while_stopping(server: Served) -> None:
    """The last figures can still be read while the daemon stops."""
    await server.post(question())
    await server.broker.drain()
    answer = await scrape(server)
    assert answer.of("ailoop_settlements_total", type="question", outcome="cancelled") == 1


async def test_a_part_that_fails(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out, logged and counted; the rest is told, and the daemon goes on."""
    whole = await scrape(server)

    def fail(_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(registry, "broker_metrics", fail)
        answer = await scrape(server)
    assert [one["event"] for one in logs] == ["metrics_failed"]
    assert "ailoop_deliveries_total" not in answer.values
    assert {"ailoop_feeds_dropped_total", "process_open_fds"} <= set(answer.labels)
    assert answer.of("ailoop_metrics_failures_total") == 1
    await server.post(note())
    assert set((await scrape(server)).values) == set(whole.values)


async def test_a_part_that_fails_half_way(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part is told whole or not at all."""

    def fail(one: object) -> object:
        yield from told(one)
        raise RuntimeError

    told = registry.broker_metrics
    monkeypatch.setattr(registry, "broker_metrics", fail)
    with capture_logs():
        answer = await scrape(server)
    assert "ailoop_messages_total" not in answer.labels
    assert "ailoop_buffer_used" in answer.labels
