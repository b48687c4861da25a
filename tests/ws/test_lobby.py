"""Who may come in when it is full, and who has to go."""

from __future__ import annotations

import pytest
import trio
from trio.testing import memory_stream_pair, wait_all_tasks_blocked

from ailoop.model.errors import Refusal
from ailoop.transport import lobby as module
from ailoop.transport.lobby import Lobby, LobbyLimits, Visit


async def visit(lobby: Lobby, into: list[Visit]) -> None:
    with lobby.admit(memory_stream_pair()[0]) as one:
        into.append(one)
        await trio.sleep_forever()


async def test_the_oldest_newcomer_goes() -> None:
    """Of too many newcomers the oldest is ended; who has asked for something stays."""
    lobby, came = Lobby(LobbyLimits(newcomers=3)), []
    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(visit, lobby, came)
            await wait_all_tasks_blocked()
            if number == 0:
                came[0].engage()
        assert [one.scope.cancel_called for one in came] == [False, True, False, False, False]
        assert (lobby.sockets, lobby.evicted) == (4, 1)
        nursery.cancel_scope.cancel()
    assert (lobby.sockets, lobby.newcomers, lobby.idle) == (0, {}, {})


async def test_full() -> None:
    """Where all are busy the next is turned away; an idle one makes room instead."""
    lobby, came = Lobby(LobbyLimits(sockets=2)), []
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(visit, lobby, came)
        await wait_all_tasks_blocked()
        for one in came:
            one.engage()
        with pytest.raises(Refusal, match="connections"), lobby.admit(memory_stream_pair()[0]):
            pass
        came[1].rest()
        nursery.start_soon(visit, lobby, came)
        await wait_all_tasks_blocked()
        assert [one.scope.cancel_called for one in came] == [False, True, False]
        assert (lobby.sockets, lobby.evicted, lobby.turned_away) == (2, 1, 1)
        nursery.cancel_scope.cancel()


async def test_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """One address has no more than its share, and others are let in; it is forgotten later."""
    where = ["192.0.2.1"]
    monkeypatch.setattr(module, "_address", lambda _: list(where))
    lobby, came = Lobby(LobbyLimits(address=2)), []
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(visit, lobby, came)
        await wait_all_tasks_blocked()
        assert lobby.fullest_address == 2
        with pytest.raises(Refusal, match="connections"), lobby.admit(memory_stream_pair()[0]):
            pass
        where[0] = "192.0.2.2"
        nursery.start_soon(visit, lobby, came)
        await wait_all_tasks_blocked()
        assert len(came) == 3
        nursery.cancel_scope.cancel()
    assert lobby.fullest_address == 0
    assert len(lobby._addresses) == 0


async def test_our_own_machine_is_not_counted() -> None:
    """Loopback has no bound of its own: all programs here share it."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    stream = await trio.testing.open_stream_to_socket_listener(listeners[0])
    async with stream, await listeners[0].accept() as accepted:
        with Lobby().admit(accepted):
            assert module._address(accepted) == []
    await listeners[0].aclose()


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", ["192.0.2.1"]),
        ("::ffff:192.0.2.1", ["192.0.2.1"]),
        ("2001:db8:1:2::5", ["2001:db8:1:2::"]),
        ("2001:db8:1:2:ffff::", ["2001:db8:1:2::"]),
        ("fe80::1%eth0", ["fe80::"]),
        ("::1", []),
        ("127.3.2.1", []),
        ("::ffff:127.0.0.1", []),
        ("", []),
    ],
)
def test_what_is_one_address(host: str, counted: list[str]) -> None:
    """In IPv6 one machine has a whole network, and would have room in each of its addresses."""
    assert module._counted(host) == counted
