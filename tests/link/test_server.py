from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bots import LoopBot, picture

from pbtui.core.actions import (
    ActionResult,
    ChartQuery,
    CoinQuery,
    ModeQuery,
    PanicQuery,
    PauseCreations,
    ReloadQuery,
    StopBot,
)
from pbtui.core.clock import RealClock
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.core.snapshot import Chart, CoinFacts, ModeEffect, ReloadPreview
from pbtui.core.types import Mode
from pbtui.link import wire
from pbtui.link.client import SocketLink
from pbtui.link.local import LocalLink
from pbtui.link.seats import Seats
from pbtui.link.server import LinkServer


class Stand:
    """A served bot."""

    def __init__(self, folder: Path) -> None:
        self.bot = LoopBot()
        self.seats = Seats()
        self.path = folder / "b.sock"
        self.server = LinkServer(self.bot, self.path, self.seats, RealClock())

    async def join(self, want: wire.Want = "controller", *, take: bool = False) -> SocketLink:
        return await SocketLink.connect(self.path, want=want, who="test", take=take)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    found = Stand(tmp_path)
    await found.server.start()
    yield found
    await found.bot.end()
    await found.server.close()


async def test_the_socket_is_private(stand: Stand) -> None:
    assert stat.S_IMODE(stand.path.stat().st_mode) == 0o600


async def test_snapshots_actions_and_questions_pass(stand: Stand) -> None:
    link = await stand.join()
    await stand.bot.publish(picture(1))
    async for found in link.snapshots():
        assert found == picture(1)
        break
    assert await link.act(PauseCreations(True)) == ActionResult(True, "did PauseCreations")
    assert stand.bot.acted == [PauseCreations(True)]
    chart = await link.ask(ChartQuery("BTC/USDT:USDT", "1h", 5))
    assert isinstance(chart, Chart)
    assert chart.close[0] != chart.close[0]  # NaN survives
    with pytest.raises(PbtuiError, match="no candles of ETH"):
        await link.ask(ChartQuery("ETH"))
    with pytest.raises(PbtuiError, match="failed to answer"):
        await link.ask(PanicQuery())
    assert (await link.act(StopBot("keep"))).ok
    await link.close()


async def test_one_controller_and_viewers_that_wait(stand: Stand) -> None:
    local = LocalLink(stand.bot, stand.seats)
    first, second = await stand.join(), await stand.join("viewer")
    assert (local.role, first.role, second.role) == ("controller", "viewer", "viewer")
    refused = await first.act(StopBot("keep"))
    assert (refused.ok, refused.refused) == (False, True)
    assert not (await second.act(StopBot("keep"))).ok
    command = await stand.join("command")
    assert (await command.act(PauseCreations(True))).ok
    await local.close()
    for _ in range(50):
        if first.role == "controller":
            break
        await asyncio.sleep(0.01)
    assert (first.role, second.role) == ("controller", "viewer")
    third = await stand.join(take=True)
    await third.act(PauseCreations(False))
    assert (third.role, first.role) == ("controller", "viewer")
    with pytest.raises(LinkClosed):
        await local.act(StopBot("keep"))
    for link in (first, second, third, command):
        await link.close()


async def test_snapshots_end_with_the_bot(stand: Stand) -> None:
    link = await stand.join("viewer")
    await stand.bot.publish(picture(1))
    seen = []

    async def watch() -> None:
        seen.extend([found.seq async for found in link.snapshots()])

    task = asyncio.create_task(watch())
    await asyncio.sleep(0.05)
    await stand.bot.end()
    await asyncio.wait_for(task, 2)
    assert seen == [1]
    with pytest.raises(LinkClosed):
        await link.act(StopBot("keep"))


async def test_a_stopped_reader_slows_nobody_and_gets_the_newest_when_it_reads_again(stand: Stand) -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(stand.path))
    sock.sendall(wire.encode(wire.Hello(wire.VERSION, "viewer", "sleeper")))
    lively = await stand.join()
    for seq in range(1, 201):
        await stand.bot.publish(picture(seq, events=200))
        if seq % 20 == 0:
            assert (await lively.act(PauseCreations(True))).ok
    async for found in lively.snapshots():
        if found.seq == 200:
            break
    sock.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=sock)
    seen: list[int] = []
    while not seen or seen[-1] != 200:
        value = (await asyncio.wait_for(wire.read_message(reader, wire.MAX_REPLY), 5)).value
        seen.append(getattr(value, "seq", -1))
    assert len(seen) < 60, "the backlog of a stopped reader is bounded"
    writer.close()
    await lively.close()


async def test_an_attached_console_gets_every_kind_of_answer(stand: Stand) -> None:
    link = await stand.join("viewer")
    asked = {
        CoinQuery("BTC/USDT:USDT", "long"): CoinFacts("BTC/USDT:USDT", "long", (), ()),
        ModeQuery((), Mode.NORMAL): ModeEffect(("nothing",), lowers_risk=True),
        ReloadQuery(): ReloadPreview(()),
    }
    for query, answer in asked.items():
        assert await link.ask(query) == answer
    await link.close()


async def test_garbage_closes_only_its_own_connection(stand: Stand) -> None:
    link = await stand.join()
    hello = wire.encode(wire.Hello(wire.VERSION, "command", "x"))
    wrong_first = wire.encode(StopBot("keep"))
    huge = (2**31).to_bytes(4, "big")
    for junk in (b"GET / HTTP/1.1\r\n\r\n", wrong_first, hello + huge, hello + os.urandom(5000), hello + hello):
        reader, writer = await asyncio.open_unix_connection(str(stand.path))
        writer.write(junk)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert stand.bot.acted == []
    assert (await link.act(PauseCreations(True))).ok
    await link.close()


async def test_another_version_is_told_so(stand: Stand) -> None:
    reader, writer = await asyncio.open_unix_connection(str(stand.path))
    writer.write(wire.encode(wire.Hello(99, "viewer", "x")))
    answer = (await wire.read_message(reader, wire.MAX_REPLY)).value
    assert isinstance(answer, wire.Refusal)
    assert "version 1" in answer.text
    writer.close()


async def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(LinkClosed, match="nobody listens"):
        await SocketLink.connect(tmp_path / "none.sock", want="viewer", who="x")


async def test_a_silent_socket_is_given_up(tmp_path: Path) -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "mute.sock"))
    sock.listen()
    sock.close()
    with pytest.raises(LinkClosed):
        await SocketLink.connect(tmp_path / "mute.sock", want="viewer", who="x")
