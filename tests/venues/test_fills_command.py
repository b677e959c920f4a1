"""`pbtui fills` on simulated venues: caught up, shown, compared with the venue, and put right after damage."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pbtui.cli.fills_cmd import main
from pbtui.config.accounts import find_account
from pbtui.core.errors import StateError
from pbtui.core.ids import client_order_id
from pbtui.core.types import OrderRequest, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.binance import BinanceDialect
from tests.venues.bybit import BybitDialect
from tests.venues.simulator import KEY, SECRET, Simulator
from tests.venues.trader import USER, Trader

BTC = "BTC/USDT:USDT"


async def trades(venue: Simulator, bot: Trader) -> None:
    """Open a long and close it in two parts, at the market."""
    name = venue.dialect.name
    feed = CcxtPublicFeed(name, clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
    account = find_account(bot.base / "api-keys.json", USER)
    exchange = PrivateExchange(quirks_of(name), account, feed, venue.fast_clock)
    try:
        await exchange.start()
        await exchange.prepare_account(hedge_mode=True)
        await exchange.prepare_symbol(BTC, leverage=5)
        price = (await exchange.fetch_tickers([BTC]))[BTC].last
        sides: list[tuple[Side, float, str]] = [
            ("buy", 0.2, "entry_initial_normal_long"),
            ("sell", 0.05, "close_grid_long"),
            ("sell", 0.15, "close_grid_long"),
        ]
        for side, qty, kind in sides:
            label = client_order_id(
                account="t", symbol=BTC, pside="long", side=side, order_type=kind, qty=qty, price=price, nth=0
            )
            request = OrderRequest(BTC, side, "long", qty, price, side == "sell", "market", label, kind)
            (result,) = await exchange.create_orders([request])
            assert result.error is None
    finally:
        await exchange.close()


@pytest.fixture(params=[BinanceDialect, BybitDialect])
def desk(
    request: pytest.FixtureRequest,
    simulate: Callable[..., Simulator],
    trader: Callable[..., Trader],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., int]:
    """Runs `pbtui fills` for an account that has traded."""
    venue: Simulator = simulate(request.param, speed=60.0, patient=False)
    bot: Trader = trader(venue)
    monkeypatch.setattr("pbtui.cli.fills_cmd.RealClock", lambda: venue.fast_clock)
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    asyncio.run(trades(venue, bot))

    def run(what: str, *words: str, asks: bool = True) -> int:
        where = ["--base-dir", str(bot.base)]
        where += ["--endpoints", str(bot.endpoints)] if asks else []
        return main([what, USER, *where, *words])

    run.venue, run.file = venue, bot.base / "run" / USER / "fills.db"  # type: ignore[attr-defined]
    return run


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out = capsys.readouterr().out
    assert KEY not in out
    assert SECRET not in out
    return [json.loads(line) for line in out.splitlines()]


def test_fills_are_caught_up_shown_compared_and_put_right(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk("refresh", "--json") == 0
    (told,) = records(capsys)
    assert (told["new"], told["gaps"]) == (3, 0)
    assert desk("refresh", "--json") == 0
    assert records(capsys)[0]["new"] == 0

    assert desk("show", "--json", asks=False) == 0
    *rows, total = records(capsys)
    kinds = sorted(row["order_type"] for row in rows)  # they may be of one millisecond
    assert kinds == ["close_grid_long", "close_grid_long", "entry_initial_normal_long"]
    assert sorted(row["qty"] for row in rows) == [-0.15, -0.05, 0.2]
    count, pnl, fees = desk.venue.ledger_totals()
    assert total["fills"] == count == 3
    assert math.isclose(total["pnl"], pnl, abs_tol=0.005)
    assert math.isclose(total["fees"], fees, abs_tol=0.005)
    assert desk("show", "--csv", "--type", "close", "--coin", "btc", "--side", "long", asks=False) == 0
    assert len(list(csv.DictReader(capsys.readouterr().out.splitlines()))) == 2
    assert desk("show", "--coin", "ETH", "--json", asks=False) == 0
    assert records(capsys)[0]["fills"] == 0
    assert desk("show", "--by", "day", asks=False) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("total")

    # Two minutes later everything counts in the comparison.
    venue: Simulator = desk.venue
    begun = venue.fast_clock.now_ms()
    while venue.fast_clock.now_ms() < begun + 150_000:
        asyncio.run(asyncio.sleep(0.02))
    assert desk("doctor") == 0
    db = sqlite3.connect(desk.file)
    first, second, third = (row[0] for row in db.execute("SELECT id FROM fills ORDER BY ts_ms, seq"))
    db.execute("DELETE FROM fills WHERE id = ?", (first,))
    db.execute("UPDATE fills SET pnl = 99 WHERE id = ?", (second,))
    db.execute(
        "INSERT INTO fills SELECT 77, 'copy', ts_ms, symbol, pside, side, qty, price, pnl, fee, order_type, client_id, "
        "order_id, psize, pprice, 1 FROM fills WHERE id = ?",
        (third,),
    )
    db.commit()
    db.close()
    capsys.readouterr()
    assert desk("doctor", "--json") == 1
    kinds = [each["kind"] for each in records(capsys)]
    assert sorted(kinds) == ["differs", "missing", "twice", "untold"]
    assert desk("doctor", "--repair") == 0
    assert capsys.readouterr().out.count("(mended)") == 4
    assert desk("doctor", "--json") == 0
    assert records(capsys) == []
    assert desk("show", "--json", asks=False) == 0
    assert math.isclose(records(capsys)[-1]["pnl"], pnl, abs_tol=0.005)


def test_a_damaged_store_is_one_line_and_a_repair_loses_nothing(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk("refresh") == 0
    path: Path = desk.file
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + os.urandom(len(whole) - 4_096))
    capsys.readouterr()
    for what in ("show", "refresh", "doctor"):
        with pytest.raises(StateError, match="fills"):
            desk(what, asks=what != "show")
    assert desk("doctor", "--repair") == 0
    assert "fills.damaged-1.db" in capsys.readouterr().err
    assert (path.parent / "fills.damaged-1.db").exists()
    assert desk("refresh", "--json") == 0
    capsys.readouterr()
    assert desk("show", "--json", asks=False) == 0
    *rows, total = records(capsys)
    assert len(rows) == 3
    assert math.isclose(total["pnl"], desk.venue.ledger_totals()[1], abs_tol=0.005)
