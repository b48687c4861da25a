"""A short run of what ``python -m tests.fuzz`` does at length, with failures made small."""

from __future__ import annotations

from random import Random

import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import fuzz
from tests.fuzz.maker import Maker
from tests.fuzz.targets import conversation, talk, try_codec
from tests.ws.world import BOTH, Make

chances = st.randoms(use_true_random=False)


@given(chances)
@settings(max_examples=300)
def test_codec(chance: Random) -> None:
    """Whatever it is given, the codec accepts or refuses; what it accepts reads back alike."""
    try_codec(Maker(chance))


@given(chances)
@settings(max_examples=15)
@BOTH
def test_sessions(make: Make, chance: Random) -> None:
    """Whatever frames come, no session has a fault, and the broker's tables agree."""

    async def run() -> None:
        maker = Maker(chance)
        async with conversation(make) as one:
            frame = maker.plain if make.__name__ == "PlainSession" else maker.v1
            await talk(one, maker, 60, frame)

    trio.run(run)


def test_at_length() -> None:
    """Some thousands more, by the seed that is written here."""
    table = fuzz(count=9000, seed=1)
    assert {"codec", "plain", "v1"} == set(table)
    for told in table.values():
        assert sum(told.values()) >= 3000
        assert "internal" not in told
    # It is worth something only if much is accepted, and refused for many reasons.
    assert table["codec"]["ok"] > 300
    assert len(table["codec"]) > 4
    assert table["v1"]["ack"] > 100
    assert table["plain"]["message"] > 300
