"""The client's blocking face: the asyncio face in a thread of its own."""

from __future__ import annotations

import atexit
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast

from ailoop.client.agent import AgentVerbs
from ailoop.client.approval import Approval
from ailoop.client.deadline import seconds_left
from ailoop.client.errors import AiloopError
from ailoop.client.feed import MessageFeed
from ailoop.client.guard import BlockingGuard
from ailoop.client.patience import ConnectionEvent, ConnectionState, Patience
from ailoop.client.person import PersonVerbs
from ailoop.client.presence import PresenceVerbs
from ailoop.client.receipts import ReceiptKey
from ailoop.client.sealing import KeyFiles
from ailoop.client.tls import Tls
from ailoop.model.delivery import Delivery
from ailoop.model.message import Message, ResponseMessage

if TYPE_CHECKING:
    from ailoop.client.blocking_ask import BlockingAsk, BlockingWait
    from ailoop.client.face import Role, Transport
    from ailoop.client.portal import Portal

__all__ = ["AiloopClient", "BlockingFeed"]

P = ParamSpec("P")
R = TypeVar("R")


def _blocking(
    verb: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[AiloopClient, P], R]:
    """Return a verb that blocks its caller instead of suspending it."""

    @wraps(verb)
    def call(client: AiloopClient, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return client._call(lambda face: verb(face, *args, **kwargs))  # noqa: SLF001

    return call


class AiloopClient:
    """A connection to a daemon, for a script without an event loop.

    ::

        with AiloopClient() as client:
            answer = client.ask("general", "Which branch?", choices=["main", "dev"])
            print(answer.content.answer)

    It has the arguments, the methods and the errors of :class:`ailoop.AiloopClient`. Any
    number of threads may use one client at a time. ``on_event`` is called in the client's own
    thread, and must not call the client.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        transport: Transport = "websocket",
        role: Role | None = None,
        token: str | Callable[[], str] | None = None,
        patience: Patience | None = None,
        tls: Tls | None = None,
        on_event: Callable[[ConnectionEvent], None] | None = None,
        receipt_key: ReceiptKey | None = None,
        seal_for: KeyFiles | None = None,
        keys: KeyFiles | None = None,
    ) -> None:
        # Loads asyncio, which an import of this module alone does not need.
        from ailoop.client.asyncio_client import AiloopClient as AsyncioClient

        self._client = AsyncioClient(
            base_url,
            transport=transport,
            role=role,
            token=token,
            patience=patience,
            tls=tls,
            on_event=on_event,
            receipt_key=receipt_key,
            seal_for=seal_for,
            keys=keys,
        )
        self._portal: Portal | None = None

    def __enter__(self) -> Self:
        if self._portal is not None:
            raise AiloopError("this client is open already")
        from ailoop.client.portal import Portal

        portal = Portal()
        portal.start()
        try:
            portal.call(self._client.__aenter__(), seconds_left())
        except BaseException:
            if self._client.is_open:  # interrupted when it was just done
                portal.call(self._client.__aexit__(None, None, None))
            portal.stop()
            raise
        self._portal = portal
        # A script that ends without leaving the client still gets out what it has said.
        atexit.register(self.__exit__, None, None, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        portal, self._portal = self._portal, None
        atexit.unregister(self.__exit__)
        if portal is not None:
            try:
                # Leaving is bounded by itself, also when the caller's time is over.
                portal.call(self._client.__aexit__(kind, error, trace))
            finally:
                portal.stop()

    def _call(self, function: Callable[[AgentVerbs], Coroutine[Any, Any, R]]) -> R:
        portal = self._portal
        if portal is None:
            raise AiloopError("this client is not open; use it in a `with` block")
        return portal.call(function(self._client), seconds_left())

    @property
    def base_url(self) -> str:
        """The server's address."""
        return self._client.base_url

    @property
    def state(self) -> ConnectionState:
        """How this client stands to its server; over HTTP alone, whether it is open."""
        return self._client.state

    @property
    def dropped(self) -> int:
        """How many messages of ``say(…, wait=False)`` the server has not got."""
        return self._client.dropped

    if TYPE_CHECKING:
        ask: BlockingAsk
        wait: BlockingWait
    else:
        ask = _blocking(AgentVerbs.ask)
        wait = _blocking(AgentVerbs.wait)
    authorize = _blocking(AgentVerbs.authorize)
    navigate = _blocking(AgentVerbs.navigate)
    say = _blocking(AgentVerbs.say)
    post_question = _blocking(AgentVerbs.post_question)
    post_authorization = _blocking(AgentVerbs.post_authorization)
    post_navigate = _blocking(AgentVerbs.post_navigate)
    post = _blocking(AgentVerbs.post)
    withdraw = _blocking(AgentVerbs.withdraw)
    delivery = _blocking(PresenceVerbs.delivery)
    wait_delivered = _blocking(PresenceVerbs.wait_delivered)
    show = _blocking(PresenceVerbs.show)
    respond = _blocking(PersonVerbs.respond)
    pending = _blocking(PersonVerbs.pending)
    history = _blocking(PersonVerbs.history)
    channels = _blocking(PersonVerbs.channels)
    health = _blocking(PersonVerbs.health)

    def requires_authorization(
        self, action: str, *, channel: str = "public", timeout: int = 300
    ) -> BlockingGuard:
        """Do something only with permission: a decorator, or a block.

        ::

            @client.requires_authorization("deploy {version}", channel="deploys")
            def deploy(version): ...

            with client.requires_authorization("drop the table") as approval: ...

        As :meth:`ailoop.AiloopClient.requires_authorization`, for plain functions.
        """

        def authorize(text: str) -> Approval:
            return self.authorize(channel, text, timeout=timeout)

        return BlockingGuard(action, authorize)

    def approval_of(
        self, response: ResponseMessage, channel: str, action: str, *, context: Any = None
    ) -> Approval:
        """Return the decision that a response is, for who asks in steps.

        As :meth:`ailoop.AiloopClient.approval_of`.
        """
        return self._client.approval_of(response, channel, action, context=context)

    @contextmanager
    def subscribe(
        self,
        channels: str | Sequence[str] = "*",
        *,
        after: Mapping[str, int] | None = None,
        replay: int | None = None,
    ) -> Iterator[BlockingFeed]:
        """Follow channels: ``with client.subscribe("a") as feed: for message in feed: ...``.

        As :meth:`ailoop.AiloopClient.subscribe`.
        """
        with self._following(
            self._client.subscribe(channels, after=after, replay=replay)
        ) as feed:
            yield BlockingFeed(feed, self._call)

    @contextmanager
    def deliveries(self) -> Iterator[Iterator[Delivery]]:
        """Hear how the prompts that this client has shown stand with others.

        As :meth:`ailoop.AiloopClient.deliveries`.
        """
        with self._following(self._client.deliveries()) as feed:
            yield BlockingIterator(feed, self._call)

    @contextmanager
    def _following(self, opening: AbstractAsyncContextManager[R]) -> Iterator[R]:
        """Hold open, in the client's thread, what brings something."""
        feed = self._call(lambda _: opening.__aenter__())
        try:
            yield feed
        finally:
            portal = self._portal
            if portal is not None:
                with suppress(AiloopError):  # closed meanwhile, with all its subscriptions
                    portal.call(opening.__aexit__(None, None, None))


class BlockingIterator(Generic[R]):
    """Waits for each item of an asynchronous iterator."""

    def __init__(self, feed: AsyncIterator[R], call: Callable[..., Any]) -> None:
        self._feed = feed
        self._call = call

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> R:
        return cast("R", self._call(lambda _: self._feed.__anext__()))


class BlockingFeed(BlockingIterator[Message]):
    """Messages of the channels that are followed, in order: an iterator that waits.

    :ivar cursors: by channel, the seq of the message read last: what ``after`` takes.
    """

    _feed: MessageFeed

    @property
    def cursors(self) -> dict[str, int]:
        """Where this reader is."""
        return self._feed.cursors
