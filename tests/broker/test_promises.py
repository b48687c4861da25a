"""The broker keeps its promises."""

from __future__ import annotations

import pytest

from tests.broker.promises import PROMISES


@pytest.mark.parametrize("check", PROMISES.values(), ids=PROMISES)
async def test_promise_is_kept(autojump_clock, check):
    """The broker as it is passes the check."""
    await check()
