"""The bounds of the broker's buffers and tables."""

from __future__ import annotations

from attrs import frozen

__all__ = ["BrokerLimits"]


@frozen(kw_only=True)
class BrokerLimits:
    """Every bound of the broker, and what happens when it is reached.

    :param channels: live channels; a new one is refused (``too_many_channels``).
    :param prompts: open prompts of all channels; a new one is refused
        (``too_many_prompts``).
    :param channel_prompts: the same for one channel.
    :param history_messages: messages a channel keeps; the oldest leave.
    :param history_bytes: encoded bytes a channel keeps; the oldest leave.
    :param history_seconds: age at which a message leaves.
    :param inbox: submissions waiting for a channel's task; the submitter waits.
    :param batch: submissions handed to the journal at once; the rest wait their turn.
    :param feed_messages: entries a feed holds for its reader; beyond it the feed goes
        back to reading history, and its reader is told of a gap where history has moved on.
    :param feed_bytes: the same in encoded bytes.
    :param feeds: subscriptions of all connections; a new one is refused
        (``too_many_feeds``).
    :param waiters: callers that wait for a response; the next is refused
        (``too_many_waiters``).
    :param viewers: names kept of those who have seen a prompt, and of those who type; who
        comes later counts, unnamed.
    """

    channels: int = 1000
    prompts: int = 100_000
    channel_prompts: int = 10_000
    history_messages: int = 1000
    history_bytes: int = 8 * 1024 * 1024
    history_seconds: float = 24 * 60 * 60
    inbox: int = 1024
    batch: int = 1024
    feed_messages: int = 10_000
    feed_bytes: int = 16 * 1024 * 1024
    feeds: int = 100_000
    waiters: int = 10_000
    viewers: int = 20
