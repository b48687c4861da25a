"""A hundred thousand people's decisions at once."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.broker.kit import Call, answer, check_books, note, post, question, running, said

MANY = 100_000


@pytest.mark.timeout(120)
async def test_many_open_prompts_in_one_channel(autojump_clock):
    """100,000 prompts are open at once without a task each; all of them settle.

    One is answered, one withdrawn; the rest time out, those with waiters too.
    """
    prompts = [question(timeout_seconds=60 + number % 3) for number in range(MANY)]
    async with (
        running(prompts=MANY, channel_prompts=MANY, history_messages=10) as broker,
        trio.open_nursery() as nursery,
    ):
        await broker.publish(prompts)
        assert broker.tables.open_prompts == MANY
        assert trio.lowlevel.current_statistics().tasks_living < 20
        (refused,) = await broker.publish([question()])
        assert refused.code == "too_many_prompts"
        await broker.respond(prompts[0].id, answer("this one"))
        await broker.withdraw(prompts[1].id)
        assert broker.tables.open_prompts == MANY - 2
        calls = [Call(nursery, broker.wait, prompt.id) for prompt in prompts[-3:]]
        await post(broker, note("in between"))
        check_books(broker)
        await trio.sleep(63)
        await wait_all_tasks_blocked()
        assert [said(call.result()) for call in calls] == [("timeout", "timeout")] * 3
        assert broker.tables.open_prompts == 0
        assert len(broker.tables.prompts) == 10
