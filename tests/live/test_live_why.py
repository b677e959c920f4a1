"""Why a bot's orders are as they are: told for every coin and side, for what the engine and what the loop decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from live_support import TRAILING, Run, settings, stepped

from pbtui.core.actions import ChartQuery, CoinQuery, PauseCreations, SetMode, Target
from pbtui.core.snapshot import Chart, CoinFacts, ReasonRow
from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.live.plan import Plan
from pbtui.live.why import reasons


async def told(run: Run, coin: str) -> CoinFacts:
    found = await run.bot.ask(CoinQuery(coin, "long"))
    assert isinstance(found, CoinFacts)
    return found


def codes(rows: Iterable[ReasonRow], pside: Pside = "long", part: str = "entry") -> list[str]:
    return [row.code for row in rows if (row.pside, row.part) == (pside, part)]


def check(run: Run, symbol: str) -> int:
    """Every wanted order is named once, and a part without orders says what keeps them away."""
    found = reasons(run.bot.core, symbol)
    wanted = run.bot.core.last.decision.plan.ideal.orders.get(symbol, [])
    for pside in PSIDES:
        for part in ("entry", "close"):
            rows = [row for row in found if (row.pside, row.part) == (pside, part)]
            made = [(row.order_type, row.qty, row.price) for row in rows if row.effect == "makes"]
            own = [o for o in wanted if o.pside == pside and o.order_type.startswith(part)]
            assert sorted(made) == sorted((o.order_type, o.qty, o.price) for o in own)
            assert own or any(row.effect == "keeps" for row in rows), (symbol, pside, part)
    return len(found)


async def test_every_order_and_every_absence_is_told(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    for _ in range(6):
        await run.minutes(40)
        assert all(check(run, symbol) for symbol in run.bot.core.coins.markets)
    core = run.bot.core
    known = set().union(*({row.code for row in reasons(core, symbol)} for symbol in core.coins.markets))
    assert {"entry_grid", "close_grid", "not_held", "too_far_to_send", "unstuck_not_stuck"} <= known
    assert known & {"outranked", "volume_rank", "volatility_rank", "no_slot"}
    # A coin's name does as well as its symbol, and numbers that are none are left out.
    facts = await told(run, "SOL")
    assert facts.symbol.startswith("SOL/")
    assert facts.reasons == reasons(core, facts.symbol)
    await run.venue.close()


async def test_modes_pauses_and_missing_data_are_told_as_such(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    core = run.bot.core
    assert core.last.decision.modes.symbols == ()
    await run.minutes(240)
    held = next(symbol for symbol, pside in core.observer.account.positions if pside == "long")
    await run.bot.act(PauseCreations(paused=True))
    assert "creations_paused" in codes(reasons(core, held))
    await run.bot.act(PauseCreations(paused=False))
    for mode, word in ((Mode.MANUAL, "mode_manual"), (Mode.TP_ONLY, "mode_tp_only")):
        await run.bot.act(SetMode((Target(held, "long"),), mode))
        await run.minutes(1)
        assert word in codes(reasons(core, held))
        forced = (await told(run, core.coins.coin_of(held))).params[0]
        assert (forced.name, forced.value, forced.origin) == (
            "live.forced_mode_long",
            mode.value,
            "by hand: operator",
        )
    await run.bot.act(SetMode((Target(held, "long"),), None))
    await run.minutes(1)

    decision = core.last.decision
    decision.plan.waiting = frozenset({(held, "long")})
    manual = replace(decision.plan, text=decision.plan.text.replace('"mode":"normal"', '"mode":"tp_only"'))
    decision.plan = manual
    assert codes(reasons(core, held))[0] == "averages_unknown"
    assert "mode_tp_only" not in codes(reasons(core, held))
    decision.unpriced = (held,)
    assert codes(reasons(core, held))[0] == "no_price"
    decision.problems = ["SOL: buy 1 is off the step"]
    (refused,) = [row for row in reasons(core, held) if (row.code, row.part) == ("plan_rejected", "entry")][:1]
    assert refused.detail == "SOL: buy 1 is off the step"
    decision.plan = Plan()  # the engine refused its input
    assert codes(reasons(core, held)) == ["not_planned", "plan_rejected"]
    in_hand = core.observer.account.position(held, "long").size != 0.0
    closes = codes(reasons(core, held), part="close")
    assert closes == ["not_planned" if in_hand else "not_held", "plan_rejected"]
    await run.venue.close()


async def test_a_panic_names_the_close_that_is_sent(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(240)
    core = run.bot.core
    held = next(symbol for symbol, pside in core.observer.account.positions if pside == "long")
    coin = core.coins.coin_of(held)
    core.observer.account.orders.clear()
    await run.bot.act(SetMode((Target(held, "long"),), Mode.PANIC, confirm=coin))
    await run.venue.step_minute()
    sent: list[float] = []
    rows: list[ReasonRow] = []

    def decided() -> None:
        sent.extend(order.price for order in core.last.decision.plan.raw[held] if "panic" in order.order_type)
        rows.extend(reasons(core, held))

    core.on_decided = decided
    await core.turn()
    assert codes(rows)[0] == "mode_panic"
    panic = next(row for row in rows if row.code == "close_panic")
    assert (panic.part, panic.order_type) == ("close", "close_panic_long")
    assert panic.price == sent[0] > 0
    await run.venue.close()


async def test_coins_that_may_not_trade_say_why(tmp_path: Path) -> None:
    lists = {"live.approved_coins": {"long": ["ETH", "SOL"], "short": []}}
    run = await stepped(tmp_path, settings(values=lists), balance=40.0)
    await run.minutes(2)
    assert codes((await told(run, "BTC")).reasons) == ["not_approved"]
    poor = next(row for row in (await told(run, "ETH")).reasons if row.code == "below_min_cost")
    assert poor.numbers["has"] < poor.numbers["needed"]
    await run.venue.close()


async def test_trailing_orders_draw_what_they_wait_for(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(TRAILING))
    kinds: set[str] = set()
    for _ in range(12):
        await run.minutes(30)
        for symbol in sorted({symbol for symbol, _ in run.bot.core.observer.account.positions}):
            check(run, symbol)
            chart = await run.bot.ask(ChartQuery(symbol, n=5))
            assert isinstance(chart, Chart)
            kinds |= {level.kind for level in chart.levels if level.kind.startswith("trail")}
    assert {"trail_threshold", "trail_extreme"} <= kinds
    await run.venue.close()
