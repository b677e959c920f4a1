"""`live.recv_window_ms` on the venues that take it: signed by the real client, honoured, and waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest

from pbtui.cli.account_check import main
from pbtui.cli.plan import make_plan
from pbtui.cli.real_account import connect_account
from pbtui.cli.run_args import parse
from pbtui.core.errors import OutcomeUnknown
from pbtui.exchange.private.budget import Budget
from pbtui.live.journal import Journal
from pbtui.live.supervisor import Supervisor
from tests.venues.accounts import CREATE, StandingClock, bitcoin, connect, ready
from tests.venues.binance import BinanceDialect
from tests.venues.bybit import BybitDialect
from tests.venues.loop import Loop
from tests.venues.simulator import Asked, Reply, Simulator
from tests.venues.trader import ROOT, USER, Trader

TOO_LATE = {"binance": "-1021", "bybit": "10002"}


@pytest.fixture(params=[BinanceDialect, BybitDialect], ids=lambda dialect: dialect.name)
def venue(request: pytest.FixtureRequest, simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(request.param, speed=0.0, moving=False, patient=False)


@pytest.fixture
def windows(venue: Simulator, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collect what signed requests name as their window."""
    found: set[str] = set()
    inner = venue.dialect.answer

    async def answer(asked: Asked) -> Reply | None:
        signed = {**dict(parse_qsl(asked.query)), **dict(parse_qsl(asked.body))}
        window = asked.headers.get("X-BAPI-RECV-WINDOW") or signed.get("recvWindow")
        found.update([window] if window else [])
        return await inner(asked)

    monkeypatch.setattr(venue.dialect, "answer", answer)
    return found


async def lose(venue: Simulator, loop: Loop, price: float) -> None:
    """Send an entry whose request stays on its way."""
    venue.delayed.append(CREATE[loop.account.name])
    sent = await loop.turn(loop.entry(price))
    assert [type(error) for error in sent.errors] == [OutcomeUnknown]


async def test_a_longer_window_is_signed_honoured_and_waited_for(
    venue: Simulator, windows: set[str], tmp_path: Path
) -> None:
    clock = StandingClock(venue)
    account = connect(venue, clock=clock, budget=Budget(clock, 1e9, reserve=0.0), streams=False, recv_window_ms=20_000)
    account._watched.add(bitcoin(account.name))
    await ready(account)
    loop = Loop(account, tmp_path, clock)
    resting = venue.books.books.orders
    price = round((await account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    # Far past the shipped window nobody thinks that it never arrived, and the venue takes it.
    await lose(venue, loop, price)
    for _ in range(3):
        venue.skip(5.0)
        await loop.turn(loop.entry(price))
        assert not venue.books.requests
    (answer,) = venue.arrive()
    assert answer is not None
    assert answer.status == 200
    assert len(resting) == 1
    await loop.turn(loop.entry(price))
    assert (len(venue.books.requests), len(resting)) == (1, 1)
    assert not [text for text in loop.said() if "never arrived" in text]
    # Past the window that was signed the venue refuses.
    await lose(venue, loop, round(price * 0.9, -2))
    venue.skip(20.5)
    (answer,) = venue.arrive()
    assert answer is not None
    assert TOO_LATE[account.name] in str(answer.document)
    assert windows == {"20000"}
    await account.close()


async def test_the_most_that_a_venue_takes_is_signed_and_said(venue: Simulator, windows: set[str]) -> None:
    account = connect(venue, clock=StandingClock(venue), streams=False, recv_window_ms=600_000)
    await account.start()
    assert (await account.fetch_balance()).raw == 10_000.0
    assert windows == {"60000"}
    assert [text for text in account.warnings if "live.recv_window_ms is 600,000 ms" in text]
    await account.close()


class _Session:
    """What a connecting account tells its session."""

    def __init__(self) -> None:
        self.journal = Journal(lambda: 0)
        self.done: list[str] = []

    def ready(self, what: str, *, done: bool, detail: str = "") -> None:
        if done:
            self.done.append(f"{what}: {detail}")


async def test_a_start_signs_what_the_configuration_says(
    venue: Simulator,
    windows: set[str],
    trader: Callable[..., Trader],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot = trader(venue)
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    where = ["--base-dir", str(bot.base), "--endpoints", str(bot.endpoints)]
    words = [str(ROOT / "configs/examples/paper.hjson"), "-u", USER, "--no-ui", "--live.recv_window_ms", "12000"]
    plan = make_plan(parse([*words, *where]))
    assert plan.account is not None
    session = _Session()
    account = await connect_account(plan, plan.account, StandingClock(venue), cast(Supervisor, session), _never)
    assert len(session.done) == 2
    assert (account.capabilities.late_ms, windows) == (12_000, {"12000"})
    await account.close()


def _never(text: str) -> None:
    raise AssertionError(text)


def test_a_check_of_an_account_takes_the_window_as_a_flag_or_from_its_entry(
    venue: Simulator,
    windows: set[str],
    trader: Callable[..., Trader],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bot = trader(venue)
    monkeypatch.setattr("pbtui.cli.account_check.RealClock", lambda: StandingClock(venue))
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    words = ["check", USER, "--base-dir", str(bot.base), "--endpoints", str(bot.endpoints)]
    assert main([*words, "--recv-window-ms", "15000"]) == 0
    assert windows == {"15000"}
    windows.clear()
    keys = bot.base / "api-keys.json"
    entry: dict[str, Any] = json.loads(keys.read_text())
    entry[USER]["options"] = {"recvWindow": 90_000}
    keys.write_text(json.dumps(entry))
    assert main([*words, "--recv-window-ms", "15000"]) == 0
    assert windows == {"60000"}
    said = capsys.readouterr()
    assert "options.recvWindow of the account is 90,000 ms: 60,000 ms, the most" in said.err
    assert main([*words, "--recv-window-ms", "0"]) == 2
    assert "whole number of milliseconds" in capsys.readouterr().err
