"""Why a coin's orders exist or don't: the engine's reasons for the last plan, and what the loop adds before and after.

Nothing here runs unless somebody asks. The engine is given the same document again and tells its own decision; coin
choice, missing data and sending are told by the rules that decided them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Literal

from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Level, ReasonRow
from pbtui.core.types import FLAT, PSIDES, Mode, Pside
from pbtui.engine.execution import ExecutableOrder
from pbtui.engine.why import Reason, SideReasons, explain, explain_sending, reason
from pbtui.live.keys import is_entry
from pbtui.live.turn import LoopCore
from pbtui.live.why_choice import why_not_chosen

Part = Literal["entry", "close"]
_STOPPED = ("mode_graceful_stop", "mode_manual")
# Modes that stand in for missing data in what the engine is asked.
_STAND_INS = ("mode_manual", "mode_tp_only")


def reasons(core: LoopCore, symbol: str) -> tuple[ReasonRow, ...]:
    """Return the reasons of both sides of a coin; raises OrchestratorError when the engine refuses its input."""
    decision = core.last.decision
    plan = decision.plan
    found: list[ReasonRow] = []
    told = explain(plan.text, plan.symbols.index(symbol)) if symbol in plan.symbols else None
    for pside in PSIDES:
        entries, closes = _side(core, symbol, pside, told[pside] if told else None)
        rejected = decision.problems[0] if decision.problems else ""
        found += _rows(pside, "entry", entries, rejected)
        found += _loop_rows(core, pside)
        found += _rows(pside, "close", closes, rejected)
    return (*found, *_unsent(core, symbol))


def trailing_levels(core: LoopCore, symbol: str) -> list[Level]:
    """Return thresholds, turning points and extremes of a coin's trailing orders, to be drawn."""
    names = {
        "threshold_price": "trail_threshold",
        "retracement_price": "trail_turn",
        "extreme_price": "trail_extreme",
    }
    if symbol not in core.last.decision.plan.symbols:
        return []
    return [
        Level(names[name], row.pside, value, 1.0 if row.part == "entry" else -1.0)
        for row in reasons(core, symbol)
        if row.code.startswith("trailing_")
        for name, value in row.numbers.items()
        if name in names and value > 0
    ]


def _side(core: LoopCore, symbol: str, pside: Pside, told: SideReasons | None) -> tuple[list[Reason], list[Reason]]:
    """Return the reasons of entries and closes of one side, those of the loop in place of its stand-ins."""
    decision = core.last.decision
    held = core.observer.account.position(symbol, pside).size != 0.0
    key = (symbol, pside)
    if told is None:
        chosen = decision.modes.modes.get(key) is Mode.NORMAL
        entries = _missing(core, symbol) if held or chosen else why_not_chosen(core, symbol, pside)
        return [entries], [_missing(core, symbol) if held else reason("not_held")]
    entries, closes = list(told.entries), list(told.closes)
    if symbol in decision.unpriced:
        entries = _instead(entries, _STAND_INS, reason("no_price"))
        closes = _instead(closes, _STAND_INS, reason("no_price"))
    elif key in decision.plan.waiting:
        entries = _instead(entries, _STAND_INS, reason("averages_unknown"))
    if key in decision.panicking:
        closes = [_panic_close(order) for order in decision.plan.raw.get(symbol, ()) if order.pside == pside]
        closes = closes or [reason("panic_no_price")]
    elif not held and not _set_by_somebody(core, symbol, pside):
        stopped = decision.modes.get(symbol, pside) is core.rules.stop_mode
        if stopped and any(one.code in _STOPPED for one in entries):
            entries = _instead(entries, _STOPPED, why_not_chosen(core, symbol, pside))
    return entries, closes


def _missing(core: LoopCore, symbol: str) -> Reason:
    """Return why a coin was not in the last plan."""
    if core.last.decision.problems or not core.last.decision.modes.symbols:
        return reason("not_planned")
    return reason("no_price" if core.observer.account.price(symbol) is None else "not_planned")


def _set_by_somebody(core: LoopCore, symbol: str, pside: Pside) -> bool:
    """Tell whether the mode of a side comes from the operator's hand or the config, not from the choice of coins."""
    own = core.rules.coin(core.coins.coin_of(symbol), pside).forced
    by_config = own is not None or core.rules.side(pside).forced is not None
    return by_config or (symbol, pside) in core.store.state.hand_modes


def _instead(found: Sequence[Reason], codes: Iterable[str], other: Reason) -> list[Reason]:
    replaced = [one for one in found if one.code not in codes]
    return [*replaced, other] if len(replaced) < len(found) else list(found)


def _panic_close(order: ExecutableOrder) -> Reason:
    base = reason("close_panic", distance_pct=float("nan"), from_position_pct=float("nan"))
    sign = 1.0 if order.side == "buy" else -1.0
    return replace(base, rung=1, order_type=order.order_type, qty=sign * order.qty, price=order.price)


def _rows(pside: Pside, part: Part, found: Iterable[Reason], rejected: str) -> list[ReasonRow]:
    rows = [_row(pside, part, one) for one in found]
    if rejected:
        rows.append(_row(pside, part, reason("plan_rejected"), sanitize_line(rejected, limit=300)))
    return rows


def _loop_rows(core: LoopCore, pside: Pside) -> list[ReasonRow]:
    """Say what keeps all entries back, whatever the engine wants."""
    if not core.rules.side(pside).enabled:
        return []
    rows = [_row(pside, "entry", reason("entries_blocked"), sanitize_line(text)) for text in core.last.blocked]
    if core.store.state.paused:
        rows.append(_row(pside, "entry", reason("creations_paused")))
    return rows


def _unsent(core: LoopCore, symbol: str) -> list[ReasonRow]:
    """Say which wanted orders are not sent yet, and why."""
    decision, account = core.last.decision, core.observer.account
    ideal, price = decision.plan.ideal.orders.get(symbol, ()), account.price(symbol)
    rows: list[ReasonRow] = []
    if ideal and price is not None:
        told = explain_sending(
            ideal,
            price,
            account.positions.get((symbol, "long"), FLAT),
            account.positions.get((symbol, "short"), FLAT),
            price_distance_threshold=core.rules.live.price_distance_threshold,
            market_orders_allowed=core.rules.live.market_orders_allowed,
        )
        for one in told:
            pside: Pside = "short" if one.order_type.endswith("_short") else "long"
            if decision.modes.get(symbol, pside) is not Mode.PANIC:
                rows.append(_row(pside, "entry" if is_entry(one.order_type) else "close", one))
    for order in decision.crowded_out:
        if order.symbol == symbol:
            sign = 1.0 if order.side == "buy" else -1.0
            named = replace(reason("crowded_out"), order_type=order.order_type, qty=sign * order.qty, price=order.price)
            rows.append(_row(order.pside, "entry", named))
    return rows


def _row(pside: Pside, part: Part, one: Reason, detail: str = "") -> ReasonRow:
    # What is no number is left out: a missing one says as much, and rows stay comparable.
    numbers = {name: value for name, value in one.numbers.items() if isfinite(value)}
    return ReasonRow(pside, part, one.code, one.effect, numbers, one.rung, one.order_type, one.qty, one.price, detail)
