"""What has become of messages, prompts and feeds."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from ailoop.broker import Broker
from ailoop.transport.metrics.shapes import counter, gauge, histogram

__all__ = ["broker_metrics"]


def broker_metrics(broker: Broker) -> Iterator[Metric]:
    """Yield what the broker has counted, and how it stands."""
    counts = broker.tables.counts
    yield counter(
        "ailoop_messages",
        "Messages that were taken",
        {
            (kind, sender): count
            for kind, senders in counts.messages.items()
            for sender, count in senders.items()
        },
        *("type", "sender"),
    )
    yield counter(
        "ailoop_settlements", "Prompts that were settled", counts.settled, "type", "outcome"
    )
    yield histogram(
        "ailoop_answer_seconds",
        "How long prompts waited that a person settled",
        {(kind,): one for kind, one in counts.answer_seconds.items()},
        "type",
    )
    yield histogram(
        "ailoop_shown_seconds",
        "How long prompts waited until a surface showed them",
        {(kind,): one for kind, one in counts.shown_seconds.items()},
        "type",
    )
    yield gauge(
        "ailoop_oldest_prompt_seconds",
        "For how long the oldest open prompt has waited; 0 if there is none",
        _oldest_seconds(broker),
    )
    yield gauge(
        "ailoop_history_messages",
        "Messages in the histories of all channels",
        sum(len(channel.history) for channel in broker.channels.values()),
    )
    yield gauge(
        "ailoop_history_bytes",
        "Encoded bytes in the histories of all channels",
        sum(channel.history.size for channel in broker.channels.values()),
    )
    yield counter("ailoop_history_trimmed", "Messages that left a history", counts.trimmed)
    yield counter("ailoop_batches", "Batches handed to the journal", counts.batches)
    yield counter(
        "ailoop_batches_full", "Batches that had no room for more", counts.full_batches
    )
    yield counter("ailoop_feeds_opened", "Subscriptions to a channel", counts.feeds)
    yield counter("ailoop_deliveries", "Messages given to readers of feeds", counts.deliveries)
    yield counter(
        "ailoop_feed_overflows",
        "How often a feed's queue was over a bound, so that it read the history instead",
        counts.overflows,
        "bound",
    )
    yield counter(
        "ailoop_feed_gaps", "How often a feed missed messages and had to say so", counts.gaps
    )


def _oldest_seconds(broker: Broker) -> float:
    # Those of a channel are in the order they were asked.
    first = [
        next(iter(channel.state.open.values()), None) for channel in broker.channels.values()
    ]
    asked = [prompt.entry.at for prompt in first if prompt is not None]
    return broker.clock.now() - min(asked) if asked else 0.0
