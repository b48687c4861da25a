"""What the tests of metrics share: an answer of ``/metrics`` as data, and what has moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import field, frozen
from prometheus_client.parser import text_string_to_metric_families

from tests.serving import Served

OURS = "ailoop_"

# When they move is the machine's affair.
UNSTEADY = ("ailoop_loop_lag_seconds", "ailoop_batches_total")


@frozen
class Answer:
    """One answer of ``/metrics``."""

    values: dict[str, float] = field(factory=dict)
    """Every sample by its name and labels, as Prometheus writes them."""
    labels: dict[str, list[dict[str, str]]] = field(factory=dict)
    """The labels of every sample, by its name."""
    kinds: dict[str, str] = field(factory=dict)
    """The type of each sample's metric, by the sample's name."""

    def of(self, name: str, **labels: str) -> float:
        """Return one value."""
        return self.values[key(name, labels)]


def key(name: str, labels: dict[str, str]) -> str:
    """Write a sample's name and labels, sorted."""
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def read(text: str) -> Answer:
    """Parse an answer; each sample may be there once."""
    answer = Answer()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            one = key(sample.name, sample.labels)
            assert one not in answer.values, one
            answer.values[one] = sample.value
            answer.labels.setdefault(sample.name, []).append(sample.labels)
            answer.kinds[sample.name] = family.type
    return answer


async def scrape(server: Served) -> Answer:
    """Ask a daemon for its metrics."""
    answer = await server.http.get("/metrics")
    assert answer.status_code == 200
    return read(answer.text)


@asynccontextmanager
async def moving(server: Served, moved: dict[str, float]) -> AsyncIterator[None]:
    """Put every counter of ours that moves while the block runs, and by how much, into a dict.

    Of histograms only the count is looked at.
    """
    before = await scrape(server)
    yield
    after = await scrape(server)
    for one, value in after.values.items():
        name = one.partition("{")[0]
        counts = after.kinds[name] == "counter" or name.endswith("_count")
        change = value - before.values.get(one, 0)
        if counts and change and name.startswith(OURS) and not name.startswith(UNSTEADY):
            moved[one] = change
