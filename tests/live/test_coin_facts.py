"""What the coin screen is told: every effective parameter with its origin, and the coin's own fills."""

from __future__ import annotations

import json
from pathlib import Path

import hjson
import pytest
from live_support import PAPER, settings, stepped

from pbtui.core.actions import CoinQuery
from pbtui.core.errors import ConfigError
from pbtui.core.snapshot import CoinFacts
from pbtui.core.types import PSIDES

_MANY_MINUTES = 240


async def test_parameters_say_where_they_come_from(tmp_path: Path) -> None:
    document = hjson.loads(PAPER.read_text(encoding="utf-8"))
    own = {"bot": {"long": {"close_grid_qty_pct": 0.5}}, "live": {"forced_mode_long": "tp_only"}}
    document["coin_overrides"] = {"SOL": own}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    run = await stepped(tmp_path, settings(path))
    await run.minutes(1)
    symbol = next(m.symbol for m in run.bot.core.coins.markets.values() if m.coin == "SOL")
    found = await run.bot.ask(CoinQuery(symbol, "long"))
    assert isinstance(found, CoinFacts)
    rows = {row.name: row for row in found.params}
    assert (rows["bot.long.close_grid_qty_pct"].value, rows["bot.long.close_grid_qty_pct"].origin) == (
        "0.5",
        "coin override",
    )
    assert [row.name for row in found.params if row.own] == [
        "live.forced_mode_long",
        "bot.long.close_grid_qty_pct",
    ]
    assert rows["live.forced_mode_long"].value == "tp_only"
    assert (rows["bot.long.ema_span_0"].value, rows["bot.long.ema_span_0"].origin) == ("60", "mine.json")
    assert rows["bot.long.wallet_exposure_limit"].value == "0.4"
    assert rows["bot.long.wallet_exposure_limit"].origin == "total_wallet_exposure_limit ÷ n_positions"
    other = await run.bot.ask(CoinQuery(symbol, "short"))
    assert isinstance(other, CoinFacts)
    assert not any(row.own for row in other.params)
    with pytest.raises(ConfigError, match="no market"):
        await run.bot.ask(CoinQuery("NOPE/USDT:USDT", "long"))
    await run.venue.close()


async def test_fills_are_the_coin_s_own_newest_first(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(_MANY_MINUTES)
    told = 0
    for symbol in run.bot.core.coins.markets:
        for pside in PSIDES:
            found = await run.bot.ask(CoinQuery(symbol, pside))
            assert isinstance(found, CoinFacts)
            times = [fill.ts_ms for fill in found.fills]
            assert times == sorted(times, reverse=True)
            assert all((fill.qty > 0) == (fill.kind.startswith("entry") is (pside == "long")) for fill in found.fills)
            told += len(found.fills)
            one = await run.bot.ask(CoinQuery(symbol, pside, n=1))
            assert isinstance(one, CoinFacts)
            assert one.fills == found.fills[:1]
    assert told == run.bot.core.fills.count > 0
    await run.venue.close()
