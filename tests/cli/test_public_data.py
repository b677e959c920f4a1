"""Finding a venue: other addresses, no answer, and a venue that goes away while a session trades on it."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from pbtui.cli.plan import RunPlan, make_plan
from pbtui.cli.public_data import connect, connect_again
from pbtui.cli.run_args import parse
from pbtui.cli.session import open_session
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError
from pbtui.exchange.port import Candles
from pbtui.live.journal import Journal
from tests.support.hasty_clock import HastyClock
from tests.support.venue_server import VenueServer

QUICK = ("--live.max_n_restarts_per_day", "1", "--live.execution_delay_seconds", "0.2")


@pytest.fixture
def server() -> Iterator[VenueServer]:
    """A venue of one coin that stands still."""
    ts = 1_735_689_600_000 + 60_000 * np.arange(4_000)
    flat = np.full(4_000, 150.0)
    with VenueServer({"SOL": Candles(ts, flat, flat + 0.05, flat - 0.05, flat, flat + 0.5)}, auto=False) as running:
        running.markets["SOL"].injected = 150.0
        yield running


@pytest.fixture
def mute() -> Iterator[str]:
    """An address where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def write(path: Path, base_url: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"defaults": {"rest": {"rewrite_domains": {"*": base_url}}}}))
    return path


def plan_of(folder: Path, *words: str) -> RunPlan:
    return make_plan(parse(["--base-dir", str(folder), "--no-ui", "--coins", "SOL", *words]))


def journal() -> Journal:
    return Journal(lambda: 0)


async def until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        await asyncio.sleep(0.01)


async def test_says_why_there_is_no_venue(tmp_path: Path, mute: str) -> None:
    for base_url, words in (("http://127.0.0.1:1", "Connect call failed"), (mute, "no answer within 5 s")):
        endpoints = write(tmp_path / "endpoints.json", base_url)
        began = time.monotonic()
        plan = plan_of(tmp_path, "--endpoints", str(endpoints))
        feed, why = await connect(plan, HastyClock(), journal())
        assert feed is None
        assert words in why
        assert time.monotonic() - began < 60


async def test_addresses_are_found_beside_the_configs(tmp_path: Path, server: VenueServer) -> None:
    found = write(tmp_path / "configs" / "custom_endpoints.json", server.base_url)
    book = journal()
    feed, why = await connect(plan_of(tmp_path), RealClock(), book)
    assert why == ""
    assert feed is not None
    assert set(await feed.markets()) == {"SOL/USDT:USDT"}
    await feed.close()
    assert str(found) in book.tail()[-1].text
    server.requests.clear()
    feed, why = await connect(plan_of(tmp_path, "--endpoints", "none"), HastyClock(), book)
    assert feed is None
    assert server.requests == []


async def test_a_broken_file_is_left_out_when_found_and_an_error_when_named(tmp_path: Path) -> None:
    found = tmp_path / "configs" / "custom_endpoints.json"
    found.parent.mkdir()
    found.write_text('{"exchanges": []}')
    book = journal()
    feed, _ = await connect(plan_of(tmp_path), HastyClock(), book)
    assert feed is None
    row = book.tail()[-1]
    assert row.level == 0
    assert "left out" in row.text
    assert "custom_endpoints.json" in row.text
    with pytest.raises(ConfigError, match="custom_endpoints"):
        await connect(plan_of(tmp_path, "--endpoints", str(found)), HastyClock(), book)
    with pytest.raises(ConfigError, match="nowhere"):
        await connect(plan_of(tmp_path, "--endpoints", str(tmp_path / "nowhere.json")), HastyClock(), book)


async def test_asks_again_for_as_long_as_it_takes(tmp_path: Path, server: VenueServer) -> None:
    endpoints = write(tmp_path / "endpoints.json", server.base_url)
    server.faults.refuse(503, times=1_000)
    told: list[str] = []

    def waiting(text: str) -> None:
        told.append(text)
        if len(told) == 2:
            server.faults.heal()

    plan = plan_of(tmp_path, "--endpoints", str(endpoints))
    feed = await connect_again(plan, HastyClock(3.0), journal(), waiting)
    await feed.close()
    assert [text.rpartition(" in ")[2] for text in told] == ["5 s", "10 s"]
    assert all("binance cannot be reached" in text for text in told)


async def test_a_session_waits_for_its_venue_and_jumps_to_no_other_market(
    tmp_path: Path, server: VenueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    endpoints = write(tmp_path / "endpoints.json", server.base_url)
    plan = plan_of(tmp_path, "--endpoints", str(endpoints), *QUICK)
    async with open_session(plan, HastyClock(3.0), linger=False) as session:
        supervisor = session.supervisor
        life = asyncio.create_task(supervisor.run())
        kinds: set[str] = set()

        def orders() -> set[str]:
            assert supervisor.latest is not None
            kinds.add(supervisor.latest.account.kind)
            return {row.id for row in supervisor.latest.orders if row.state == "open"}

        def said(words: str) -> bool:
            orders()
            return any(words in row.text for row in supervisor.journal.tail())

        await until(orders, 15)
        first = orders()
        server.faults.refuse(503, times=1_000_000)
        server.faults.refuse_sockets = True
        server.drop_sockets()
        await until(lambda: said("asking again in 10 s"), 30)
        assert not life.done()
        before = orders()
        assert before >= first, "the last picture stays on show"
        server.faults.heal()
        await until(lambda: supervisor.latest and supervisor.latest.health.state == "running", 30)
        await until(lambda: orders() >= before, 5)
        assert kinds == {"paper"}
        assert not said("SYNTHETIC")
        supervisor.request_stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(life, 15)
        assert life.done()
        assert life.result().exit_code == 0
