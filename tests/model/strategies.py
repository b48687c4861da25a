"""Every message there can be."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from ailoop.model.limits import MessageLimits
from ailoop.model.message import (
    Authorization,
    Message,
    Navigate,
    Notification,
    Priority,
    Question,
    Response,
    ResponseType,
    SenderType,
)
from ailoop.model.names import RESERVED_CHANNELS

LIMITS = MessageLimits()

# JSON in UTF-8 has no surrogates.
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
words = anything.filter(str.strip)
channels = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True).filter(
    lambda name: name.lower() not in RESERVED_CHANNELS
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=8,
)
seconds = st.integers(1, LIMITS.timeout_seconds)
urls = st.builds(
    "{}://{}/{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.from_regex(r"[a-z0-9]{1,9}(\.[a-z]{2,5})?(:[0-9]{1,5})?", fullmatch=True),
    st.text(
        st.characters(min_codepoint=33, exclude_characters="\x7f", exclude_categories=["Cs"])
    ),
)
contents = st.one_of(
    st.builds(
        Question,
        text=words,
        timeout_seconds=seconds,
        choices=st.none() | st.lists(words, min_size=1, max_size=LIMITS.choices).map(tuple),
    ),
    st.builds(Authorization, action=words, timeout_seconds=seconds, context=values),
    st.builds(Navigate, url=urls, timeout_seconds=seconds, context=values),
    st.builds(Notification, text=words, priority=st.sampled_from(Priority)),
    st.builds(
        Response, answer=st.none() | anything, response_type=st.sampled_from(ResponseType)
    ),
)
messages = st.builds(
    Message,
    id=st.uuids(),
    channel=channels,
    sender_type=st.sampled_from(SenderType),
    content=contents,
    timestamp=st.datetimes(timezones=st.just(UTC), max_value=datetime.max),  # noqa: DTZ901
    correlation_id=st.none() | st.uuids(),
    metadata=st.none() | st.dictionaries(anything, values, max_size=3),
)
