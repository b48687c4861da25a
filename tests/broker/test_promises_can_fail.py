"""A check that cannot fail proves nothing: here each promise is broken, and that is noticed."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import trio
from attrs import evolve

from ailoop.broker import Batch
from ailoop.broker import channel as channels
from ailoop.broker import prompt as prompts
from ailoop.broker.broker import Broker
from ailoop.broker.channel import Channel
from ailoop.broker.feed import Feed
from ailoop.broker.prompt import Prompt
from ailoop.broker.state import ChannelState
from ailoop.model.message import ResponseType
from tests.broker import promises
from tests.broker.kit import APPROVE

Break = Callable[[pytest.MonkeyPatch], None]
BREAKS: list[tuple[str, Break]] = []


def breaks(check: Callable[[], object]) -> Callable[[Break], Break]:
    """Say which promise a fault breaks."""

    def add(fault: Break) -> Break:
        BREAKS.append((check.__name__, fault))
        return fault

    return add


@breaks(promises.once)
def any_answer_passes_for_the_recorded_one(patch):
    patch.setattr(prompts, "_same", lambda *_: True)


@breaks(promises.once)
def a_repeated_answer_is_refused(patch):
    patch.setattr(prompts, "_same", lambda *_: False)


@breaks(promises.deny_by_default)
def a_timeout_approves(patch):
    patch.setitem(prompts._ON_TIMEOUT, "authorization", ResponseType.AUTHORIZATION_APPROVED)


@breaks(promises.deny_by_default)
def text_answers_an_authorization(patch):
    patch.setitem(prompts._ACCEPTED, "authorization", tuple(ResponseType))


@breaks(promises.deny_by_default)
def the_stop_approves(patch):
    def close(prompt, reason):
        response = prompts.close_response(prompt, reason)
        return evolve(response, content=APPROVE) if reason == "shutdown" else response

    patch.setattr(channels, "close_response", close)


@breaks(promises.not_after_the_deadline)
def the_deadline_is_left_to_the_timer(patch):
    judge = Prompt.judge
    patch.setattr(Prompt, "judge", lambda self, response, _: judge(self, response, -math.inf))


@breaks(promises.not_after_the_deadline)
def a_failed_timeout_is_not_tried_again(patch):
    settle_due = Channel._settle_due

    async def settle_or_give_up(self, *reason):
        await settle_due(self, *reason)
        if self._retry_at > -math.inf:
            self._retry_at = math.inf

    patch.setattr(Channel, "_settle_due", settle_or_give_up)


@breaks(promises.no_silent_gap)
def overflow_drops_the_oldest(patch):
    def offer(self, batch):
        if self._backlog is not None:
            entries = [*self._backlog, *batch.entries]
            self._backlog = entries[-self._limits.feed_messages :]
        self.wake()

    patch.setattr(Feed, "offer", offer)


@breaks(promises.no_silent_gap)
def gaps_are_not_told(patch):
    patch.setattr(Feed, "_find_gap", lambda _: None)


@breaks(promises.nobody_blocks_anybody)
def a_feed_holds_whatever_comes(patch):
    def offer(self, batch):
        if self._backlog is not None:
            self._backlog.extend(batch.entries)
        self.wake()

    patch.setattr(Feed, "offer", offer)


@breaks(promises.nobody_blocks_anybody)
def channels_store_one_after_the_other(patch):
    append, lock = Channel._append, trio.Lock()

    async def append_in_turn(self, messages):
        async with lock:
            return await append(self, messages)

    patch.setattr(Channel, "_append", append_in_turn)


@breaks(promises.isolation)
def every_feed_is_told_everything(patch):
    feeds, tell, subscribe = [], Channel._tell, Channel.subscribe

    def subscribe_to_all(self, *args, **how):
        feeds.append(subscribe(self, *args, **how))
        feeds[-1].take(9)
        return feeds[-1]

    def tell_all(self, accepted):
        tell(self, accepted)
        for feed in feeds:
            if feed not in self._feeds:
                feed.offer(Batch([one.entry for one in accepted]))

    patch.setattr(Channel, "subscribe", subscribe_to_all)
    patch.setattr(Channel, "_tell", tell_all)


@breaks(promises.no_forgery)
def whoever_says_system_is_the_system(patch):
    prepare = Broker._prepare
    patch.setattr(
        Broker,
        "_prepare",
        lambda self, message: evolve(prepare(self, message), sender_type=message.sender_type),
    )


@breaks(promises.no_forgery)
def a_response_counts_from_any_channel(patch):
    prepare, settle = Broker._prepare, ChannelState._close

    def prepare_any(self, message):
        known = message.correlation_id in self.tables.prompts
        return message if known else prepare(self, message)

    def find_any(self, response):
        return self._tables.prompts[response.correlation_id]

    def settle_any(self, prompt, entry, response):
        mine = prompt.message.channel == self.channel
        settle(self, prompt, entry, response) if mine else prompt.settle(entry, response)

    patch.setattr(Broker, "_prepare", prepare_any)
    patch.setattr(ChannelState, "_find_prompt", find_any)
    patch.setattr(ChannelState, "_close", settle_any)


@breaks(promises.asking_survives)
def the_prompt_goes_with_its_asker(patch):
    wait = Broker.wait

    async def wait_and_withdraw(self, prompt_id):
        try:
            return await wait(self, prompt_id)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await self.withdraw(prompt_id)
            raise

    patch.setattr(Broker, "wait", wait_and_withdraw)


@breaks(promises.asking_survives)
def posting_again_conflicts(patch):
    patch.setattr(ChannelState, "_is_same", lambda *_: False)


@pytest.mark.parametrize(
    ("promise", "fault"), BREAKS, ids=lambda it: getattr(it, "__name__", it)
)
async def test_a_broken_promise_is_seen(autojump_clock, monkeypatch, promise, fault):
    """With the fault in the code, the check of the promise fails, and fails by asserting."""
    fault(monkeypatch)
    with pytest.RaisesGroup(AssertionError, allow_unwrapped=True, flatten_subgroups=True):
        await promises.PROMISES[promise]()


def test_every_promise_is_broken_once():
    """No check is without a fault that it has been seen to find."""
    assert {promise for promise, _ in BREAKS} == set(promises.PROMISES)
