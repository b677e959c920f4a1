"""What an operator does to a running bot: modes, panic, pause, stops; and what stays untouched."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_support import Run, settings, stepped

from pbtui.core.actions import (
    ChartQuery,
    ConfigQuery,
    ModeQuery,
    PanicAll,
    PanicQuery,
    PauseCreations,
    ReloadConfig,
    ReloadQuery,
    SetMode,
    SetReplaySpeed,
    Target,
)
from pbtui.core.snapshot import Chart, ConfigFacts, ModeEffect, PanicPreview, ReloadPreview
from pbtui.core.types import Mode, OpenOrder, OrderRequest
from pbtui.live.account import reduces
from pbtui.live.keys import Key
from pbtui.live.stop import wind_down

FOREIGN = OrderRequest(
    symbol="XRP/USDT:USDT", side="buy", pside="long", qty=20.0, price=0.3, reduce_only=False, kind="limit",
    client_id="hand-made-1", order_type="entry_grid_normal_long",
)  # fmt: skip


async def holding(run: Run, *, most: int = 600) -> Key:
    """Go on until a long position with resting entries is held, and return it."""
    for _ in range(most):
        await run.minutes(1)
        for key in run.bot.core.observer.account.positions:
            if key[1] == "long" and any(not reduces(order) for order in orders_of(run, key)):
                return key
    raise AssertionError("no position was opened")


def orders_of(run: Run, key: Key) -> list[OpenOrder]:
    return [
        resting.order
        for resting in run.venue.books.orders.values()
        if (resting.order.symbol, resting.order.pside) == key
    ]


async def set_mode(run: Run, key: Key, mode: Mode | None, confirm: str = "") -> None:
    result = await run.bot.act(SetMode((Target(*key),), mode, confirm=confirm))
    assert result.ok, result.text


async def test_tp_only_cancels_resting_entries_and_keeps_closes(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    await set_mode(run, key, Mode.TP_ONLY)
    await run.bot.core.turn()
    left = orders_of(run, key)
    assert left
    assert all(reduces(order) for order in left)
    await run.venue.close()


async def test_manual_touches_nothing(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    before = {order.id: order for order in orders_of(run, key)}
    await set_mode(run, key, Mode.MANUAL)
    for _ in range(30):
        await run.minutes(1)
        now = orders_of(run, key)
        assert all(order.id in before for order in now)
    assert not run.bot.core.last.decision.wanted.get(key[0]) or key not in {
        (order.symbol, order.pside) for order in run.bot.core.last.decision.wanted[key[0]]
    }
    await run.venue.close()


async def test_panic_needs_its_word_and_closes_within_two_minutes(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    target = (Target(*key),)
    refused = await run.bot.act(SetMode(target, Mode.PANIC, confirm="DOGEX"))
    assert (refused.ok, refused.refused) == (False, True)
    preview = await run.bot.ask(PanicQuery(target))
    assert isinstance(preview, PanicPreview)
    held = run.venue.books.positions[key]
    assert [order.qty for order in preview.orders] == [-held.size]
    assert preview.total_fee < 0
    await set_mode(run, key, Mode.PANIC, confirm=run.bot.core.coins.coin_of(key[0]))
    await run.bot.core.turn()
    assert all(reduces(order) for order in orders_of(run, key))
    await run.minutes(2)
    assert key not in run.venue.books.positions
    await run.minutes(30)
    assert key not in run.venue.books.positions
    fills = await run.venue.fetch_fills(0)
    last = next(fill for fill in reversed(fills) if (fill.symbol, fill.pside) == key)
    assert last.order_type == "close_panic_long"
    await run.venue.close()


async def test_panic_ends_as_a_market_order(tmp_path: Path) -> None:
    """A limit that no later candle reaches is followed by a market order."""
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    await set_mode(run, key, Mode.PANIC, confirm=run.bot.core.coins.coin_of(key[0]))
    await run.bot.core.turn()
    panic = [
        order for orders in run.bot.core.last.decision.wanted.values() for order in orders if order.pside == key[1]
    ]
    assert {order.kind for order in panic if order.order_type.startswith("close_panic")} == {"limit"}
    run.bot.core.store.set_panic_since({key: run.venue.now_ms() - 60_000})
    await run.bot.core.turn()
    assert key not in run.venue.books.positions
    await run.venue.close()


async def test_panic_closes_a_side_that_is_switched_off(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    await run.venue.close()
    off = await stepped(tmp_path, settings(values={"bot.long.total_wallet_exposure_limit": 0.0}))
    await off.minutes(3)
    assert key in off.venue.books.positions
    assert orders_of(off, key) == []
    snapshot = off.bot._publisher.build()
    row = next(row for row in snapshot.positions if (row.symbol, row.pside) == key)
    assert row.danger
    assert "off" in row.flags
    assert any("switched off" in text for text in snapshot.warnings)
    await set_mode(off, key, Mode.PANIC, confirm=row.coin)
    await off.bot.core.turn()
    await off.minutes(2)
    assert key not in off.venue.books.positions
    await off.venue.close()


async def test_panic_of_everything_closes_all_and_opens_nothing(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    assert (await run.bot.act(PanicAll("panic"))).refused
    assert (await run.bot.act(PanicAll("PANIC"))).ok
    await run.bot.core.turn()
    await run.minutes(60)
    assert run.venue.books.positions == {}
    assert run.venue.books.orders == {}
    assert run.bot.core.store.state.paused
    await run.venue.close()


async def test_pausing_stops_entries_but_not_closes(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    assert (await run.bot.act(PauseCreations(paused=True))).ok
    before = {order.client_id for order in run.bot.core.observer.account.orders}
    for _ in range(60):
        await run.minutes(1)
        fresh = [o for o in run.bot.core.observer.account.orders if o.client_id not in before]
        assert all(reduces(order) for order in fresh)
    again = await stepped_again(run, tmp_path)
    assert again.bot.core.store.state.paused
    assert (await again.bot.act(PauseCreations(paused=False))).ok
    await again.venue.close()


async def stepped_again(run: Run, folder: Path) -> Run:
    await run.venue.close()
    return await stepped(folder, settings())


@pytest.mark.parametrize("choice", ["keep", "cancel_entries", "cancel_all"])
async def test_stops_treat_orders_as_chosen_and_never_positions(tmp_path: Path, choice: str) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    await run.venue.create_orders([FOREIGN])
    before = list(run.venue.books.orders.values())
    positions = dict(run.venue.books.positions)
    await wind_down(run.bot.core, choice, run.bot._clock)  # type: ignore[arg-type]
    left = {resting.order.client_id: resting.order for resting in run.venue.books.orders.values()}
    assert FOREIGN.client_id in left
    if choice == "keep":
        assert len(left) == len(before)
    elif choice == "cancel_entries":
        assert all(reduces(order) or order.client_id == FOREIGN.client_id for order in left.values())
        assert len(left) > 1
    else:
        assert set(left) == {FOREIGN.client_id}
    assert run.venue.books.positions == positions
    await run.venue.close()


async def test_requested_stop_ends_the_run_in_order(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    run.bot.request_stop("cancel_all")
    outcome = await run.bot.run()
    assert outcome.reason == "stopped"
    assert run.venue.books.orders == {}
    assert run.bot.latest is not None
    assert run.bot.latest.health.state == "stopped"
    assert await run.bot.next_snapshot(run.bot.latest.seq) is None
    await run.venue.close()


async def test_foreign_orders_are_shown_left_alone_and_crowd_out_entries(tmp_path: Path) -> None:
    config = settings()
    run = await stepped(tmp_path, config)
    key = await holding(run)
    balance = run.bot.core.observer.account.raw
    market = run.bot.core.coins.markets["XRP/USDT:USDT"]
    whole_limit = int(balance * config.bot.long.total_wallet_exposure_limit / 0.3)
    big = OrderRequest(
        symbol=market.symbol, side="buy", pside="long", qty=float(whole_limit), price=0.3, reduce_only=False,
        kind="limit", client_id="x-somebody-else", order_type="entry_grid_normal_long",
    )  # fmt: skip
    await run.venue.create_orders([big])
    await run.minutes(2)
    assert run.bot.core.last.decision.crowded_out
    own_entries = [o for o in run.bot.core.observer.account.own_orders() if o.pside == "long" and not reduces(o)]
    assert own_entries == []
    assert orders_of(run, key), "closes go on"
    rows = run.bot._publisher.build().orders
    assert [row.state for row in rows if row.kind == "foreign"] == ["foreign"]
    assert any(resting.order.client_id == big.client_id for resting in run.venue.books.orders.values())
    await run.venue.close()


async def test_a_rejected_plan_leaves_orders_alone_and_says_why(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    await run.venue.close()
    strict = await stepped(tmp_path, settings(values={"live.max_order_notional": 1.0}))
    before = set(strict.venue.books.orders)
    await strict.bot.core.turn()
    turn = strict.bot.core.last
    assert any("max_order_notional" in text for text in turn.decision.problems)
    assert turn.blocked
    assert set(strict.venue.books.orders) == before
    readiness = strict.bot._publisher.build().readiness
    assert any("plan rejected" in item.detail for item in readiness)
    await strict.venue.close()


async def test_a_panic_is_carried_out_although_the_rest_of_the_plan_is_rejected(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    await run.venue.close()
    strict = await stepped(tmp_path, settings(values={"live.max_order_notional": 1.0}))
    await strict.bot.core.turn()
    others = {order.id for order in strict.bot.core.observer.account.orders if (order.symbol, order.pside) != key}
    await set_mode(strict, key, Mode.PANIC, confirm=strict.bot.core.coins.coin_of(key[0]))
    await strict.bot.core.turn()
    assert strict.bot.core.last.decision.problems
    assert {order.id for order in strict.bot.core.observer.account.orders} >= others
    await strict.minutes(2)
    assert key not in strict.venue.books.positions
    await strict.venue.close()


async def test_reload_takes_what_needs_no_restart(tmp_path: Path) -> None:
    fresh = settings(values={"bot.long.total_wallet_exposure_limit": 0.5})
    run = await stepped(tmp_path, settings(), load_config=lambda: fresh)
    await run.minutes(5)
    preview = await run.bot.ask(ReloadQuery())
    assert isinstance(preview, ReloadPreview)
    found = [(c.path, c.risk, c.raises_risk, c.needs_restart) for c in preview.changes]
    assert found == [("bot.long.total_wallet_exposure_limit", "lowers", False, False)]
    assert (await run.bot.act(ReloadConfig())).ok
    await run.minutes(5)
    assert run.bot.core.rules.side("long").twel == 0.5
    await run.venue.close()


async def test_reload_refuses_what_needs_a_restart(tmp_path: Path) -> None:
    other = settings(values={"live.hedge_mode": False})
    run = await stepped(tmp_path, settings(), load_config=lambda: other)
    await run.minutes(1)
    result = await run.bot.act(ReloadConfig())
    assert result.refused
    assert "live.hedge_mode" in result.text
    assert run.bot.core.rules.live.hedge_mode
    await run.venue.close()


async def test_a_bot_tells_its_config_key_by_key(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(values={"bot.long.total_wallet_exposure_limit": 0.5}))
    facts = await run.bot.ask(ConfigQuery())
    assert isinstance(facts, ConfigFacts)
    rows = {row.path: row for row in facts.rows}
    assert rows["bot.long.total_wallet_exposure_limit"].value == "0.5"
    assert {"live.leverage", "logging.level", "backtest.exchanges"} <= set(rows)
    await run.venue.close()


async def test_questions(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    for timeframe, n in (("1m", 60), ("15m", 4), ("1h", 2)):
        found = await run.bot.ask(ChartQuery(key[0], timeframe, n))  # type: ignore[arg-type]
        assert isinstance(found, Chart)
        assert 1 <= len(found.close) <= n
        assert all(low <= close <= high for low, close, high in zip(found.low, found.close, found.high, strict=True))
        kinds = {level.kind for level in found.levels}
        assert {"mark", "entry(pos)", "ema_lower", "ema_upper"} <= kinds
        assert any(kind.startswith("close_") for kind in kinds)
    effect = await run.bot.ask(ModeQuery((Target(*key),), Mode.TP_ONLY))
    assert isinstance(effect, ModeEffect)
    assert effect.lowers_risk
    assert "cancels" in effect.lines[0]
    raised = await run.bot.ask(ModeQuery((Target(*key),), Mode.MANUAL))
    assert isinstance(raised, ModeEffect)
    assert not raised.lowers_risk
    await run.venue.close()


async def test_speed_changes_relabel_the_account(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    assert (await run.bot.act(SetReplaySpeed(60.0))).ok
    assert run.bot.latest is not None
    assert run.bot.latest.account.badge == "SYNTHETIC 60x"
    assert (await run.bot.act(SetReplaySpeed(-1.0))).refused
    await run.venue.close()
