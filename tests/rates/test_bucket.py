"""One bucket: never more than its rate and its burst, whoever comes when, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ailoop.access.penalty import client_of
from ailoop.model.errors import Refusal
from ailoop.transport.bucket import Bucket
from tests.rates.kit import Clock


def bucket(rate: float = 1.0, burst_seconds: float = 5, remembered: int = 10) -> Bucket:
    return Bucket("messages", "messages", rate, burst_seconds, remembered)


def passes(one: Bucket, key: str = "x", cost: int = 1) -> bool:
    try:
        one.take(key, cost)
    except Refusal:
        return False
    return True


STEPS = st.lists(
    st.tuples(
        st.floats(0, 30, allow_nan=False),  # seconds that go by
        st.sampled_from("xy"),
        st.integers(1, 6),
    ),
    max_size=60,
)


@given(steps=STEPS, rate=st.sampled_from([0.001, 0.1, 0.3, 1, 1.7, 5]))
def test_never_more(clock: Clock, steps: list[tuple[float, str, int]], rate: float) -> None:
    """Between any two moments there pass at most a burst and the rate times the seconds."""
    one = bucket(rate)
    passed: list[tuple[int, str, int]] = []
    for seconds, key, cost in steps:
        clock.now += seconds
        if passes(one, key, cost):
            passed.append((int(clock.now), key, cost))
    for key in "xy":
        own = [(at, cost) for at, who, cost in passed if who == key]
        for first in range(len(own)):
            for last in range(first, len(own)):
                seconds = own[last][0] - own[first][0]
                total = sum(cost for _, cost in own[first : last + 1])
                assert total <= one.burst + rate * seconds + 1e-9


@given(rate=st.sampled_from([0.001, 0.1, 0.3, 0.7, 1, 1.7, 5]), cost=st.integers(1, 5))
def test_after_the_time_told(clock: Clock, rate: float, cost: int) -> None:
    """Who waits for as long as it was told passes, unless it is more than the burst."""
    one = bucket(rate)
    while passes(one):
        pass
    if cost <= one.burst:
        told = set()
        for act in (one.take, one.check):
            with pytest.raises(Refusal) as caught:
                act("x", cost)
            assert caught.value.code == "rate_limited"
            told.add(caught.value.retry_after)
        (seconds,) = told
        clock.now += seconds - 1
        assert not passes(one, cost=cost)
        clock.now += 1
        assert passes(one, cost=cost)


@given(rate=st.sampled_from([0.7, 1.4, 1.5, 3]))
def test_a_steady_client_keeps_its_rate(clock: Clock, rate: float) -> None:
    """Who never comes faster than the rate is never refused: no fraction of it gets lost."""
    one = bucket(rate)
    for _ in range(200):
        clock.now += 1 / rate
        assert passes(one)


def test_a_check_takes_nothing(clock: Clock) -> None:
    """What was only looked at is all there."""
    one = bucket()
    for _ in range(20):
        one.check("x", 5)
    assert one.remaining("x") == 5
    one.take("x", 5)
    with pytest.raises(Refusal):
        one.check("x", 1)
    assert one.refused == 1


def test_more_than_the_burst_never_passes(clock: Clock) -> None:
    """It is refused with another code, which says that waiting does not help."""
    for act in (bucket().check, bucket().take):
        with pytest.raises(Refusal) as caught:
            act("x", 6)
        assert caught.value.code == "too_large"
        assert caught.value.retry_after is None
        assert "never" in caught.value.sentence
        assert caught.value.details == {"rate": "messages", "limit": 5}


def test_those_remembered_have_a_bound(clock: Clock) -> None:
    """Beyond it who was heard least recently is forgotten, and nobody else."""
    one = bucket(remembered=3)
    for key in "abcd":
        one.take(key, 5)
        assert len(one) <= 3
    assert [passes(one, key) for key in "bcd"] == [False] * 3
    for number in range(1000):
        one.take(f"stranger {number}", 1)
    assert len(one) == 3


def test_a_clock_set_back_does_not_lock_out(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two bursts' time later a bucket is full, wherever the wall clock has gone."""
    one = bucket()
    one.take("x", 5)
    monkeypatch.setattr("throttled.utils.now_sec", lambda: int(clock.now) - 3600)
    assert not passes(one)
    clock.now += 10
    assert passes(one)


def test_clients() -> None:
    """In IPv6 the network is the client; an IPv4 address in its clothes is itself."""
    assert client_of("2001:db8:1:2:3::4") == client_of("2001:db8:1:2:ffff::")
    assert client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1")
    assert client_of("::ffff:10.0.0.1") == client_of("10.0.0.1")
    assert client_of("10.0.0.1") != client_of("10.0.0.2")
