"""The replay screen's words: where the run is, what is held, why an order stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbtui.console.numbers import gain, gain_ink, money, pct, price, ratio, side_letter, utc
from pbtui.console.replay.formulas import formula_of
from pbtui.console.replay.telling import STAMP, kind_words, reason_of
from pbtui.console.replay.view import ReplayView, Shown
from pbtui.console.text import Line, Span, fit, fold, line_width, safe
from pbtui.console.why.panel import why_lines
from pbtui.console.why.sentences import SENTENCES
from pbtui.console.why.words import Decimals, number, sentence
from pbtui.core.amounts import plain
from pbtui.core.snapshot import CoinFacts
from pbtui.core.types import Pside

if TYPE_CHECKING:
    from pbtui.backtest.replay import Replay
    from pbtui.backtest.replay_told import HeldRow, ReplayFill, ReplayOrder

_GAP: Span = ("  ", "text")


def run_lines(view: ReplayView, room: int, rows: int) -> list[Line]:
    """Return which run it is, and how its replay stands to it, in so many rows."""
    badge: Line = ((" BACKTEST ", "badge_note"), ("  ", "text"), (safe(view.title, 60), "strong"))
    told = safe(view.verdict or view.stage, 400)
    verdict: Line = ((told, "bad" if view.same is False else "dim"),)
    if rows > 1:
        return [badge, ((" ", "text"), (fit(told, max(1, room - 1)), verdict[0][1]))]
    whole: Line = (*badge, ("  ", "text"), *verdict)
    return [whole if line_width(whole) <= room else badge]


def head_lines(view: ReplayView, room: int) -> list[Line]:
    """Return the lines above the panels: minute and money, the coin's price and positions, what is wrong."""
    replay, shown = view.replay, view.shown
    if view.problem:
        return fold(((safe(view.problem, 600), "bad"),), room)
    if replay is None or shown is None:
        return [((view.stage or "reading…", "dim"),)]
    step = shown.step
    first, last = replay.first_bar, replay.last_bar
    lines: list[Line] = [
        (
            (utc(step.time_ms, STAMP), "strong"),
            (f"  {step.bar - first + 1:,} of {last - first + 1:,}", "dim"),
            _GAP, ("bal ", "dim"), (money(step.balance), "strong"),
            _GAP, ("eq ", "dim"), (money(step.equity), "strong"),
            *_moving(view),
        ),
        _coin_line(replay, shown),
    ]  # fmt: skip
    lines += [_held_line(row) for row in step.held if row.coin == shown.coin]
    lines += [_fill_line(fill) for fill in step.fills if fill.coin == shown.coin]
    others = _others(shown)
    lines += [others] if others else []
    if step.problem:
        lines.append(((f"DIFFERS: {safe(step.problem, 300)}", "bad"),))
    elif view.same is False:
        lines.append(((safe(view.verdict, 400), "bad"),))
    return [part for line in lines for part in fold(line, room)]


def _moving(view: ReplayView) -> Line:
    return (_GAP, (f"looking for {safe(view.looking, 60)}…", "warn")) if view.looking else ()


def _coin_line(replay: Replay, shown: Shown) -> Line:
    decimals, candle = replay.decimals(shown.coin)[0], shown.step.candle(shown.coin)
    name: Span = (safe(shown.coin, 20), "accent")
    if candle is None or candle.close != candle.close:
        return (name, ("  no candle", "dim"))
    low, high = price(candle.low, decimals), price(candle.high, decimals)
    return (name, (f"  {price(candle.close, decimals)}", "strong"), (f"  low {low} high {high}", "dim"))


def _held_line(row: HeldRow) -> Line:
    sign = 1.0 if row.pside == "long" else -1.0
    away = sign * (row.mark / row.entry - 1.0) if row.entry > 0 else 0.0
    over = row.exposure > row.limit > 0
    return (
        (f"{row.pside} ", "dim"), (f"{row.size:+,.8g}", "strong"), (f" @ {row.entry:,.8g}", "text"),
        (f"  {pct(away)}", gain_ink(away, 4)), (f"  {gain(row.upnl).strip()}", gain_ink(row.upnl)),
        ("  WE ", "dim"), (ratio(row.exposure, row.limit), "bad" if over else "text"),
    )  # fmt: skip


def _fill_line(fill: ReplayFill) -> Line:
    bought = fill.qty > 0
    return (
        ("filled ", "key"), (f"{'buy' if bought else 'sell'} {plain(abs(fill.qty))}", "up" if bought else "down"),
        (f" @ {plain(fill.price)} ", "text"), (kind_words(fill.kind), "dim"),
        (f"  {gain(fill.pnl).strip()}" if fill.pnl else "", gain_ink(fill.pnl)),
    )  # fmt: skip


def _others(shown: Shown) -> Line:
    """Return what happens on other coins."""
    filled = sorted({fill.coin for fill in shown.step.fills if fill.coin != shown.coin})
    held = [f"{safe(row.coin, 12)} {side_letter(row.pside)}" for row in shown.step.held if row.coin != shown.coin]
    spans: list[Span] = []
    if filled:
        spans.append((f"filled too: {', '.join(safe(coin, 12) for coin in filled)}  ", "key"))
    if held:
        spans.append((f"also held: {', '.join(held[:8])}{' …' if len(held) > 8 else ''}", "dim"))
    return tuple(spans)


def reason_lines(view: ReplayView, pside: Pside, room: int) -> list[Line]:
    """Return the reasons of both sides of the coin, the asked one first."""
    replay, shown = view.replay, view.shown
    if replay is None or shown is None:
        return []
    decimals = replay.decimals(shown.coin)
    facts = CoinFacts(shown.coin, pside, (), (), decimals[0], decimals[1], shown.reasons)
    return why_lines(facts, pside, room)


def side_in_front(view: ReplayView) -> Pside:
    """Return the side whose reasons come first: that of a fill, of a position, else of any order."""
    shown = view.shown
    if shown is None:
        return "long"
    rows = [
        *(fill for fill in shown.step.fills if fill.coin == shown.coin),
        *(row for row in shown.step.held if row.coin == shown.coin),
        *shown.step.of(shown.coin),
    ]
    return rows[0].pside if rows else "long"


def order_words(view: ReplayView, order: ReplayOrder) -> list[Line]:
    """Return why an order stands where it does: sentence, meaning, formula, parameters, the engine's numbers."""
    replay, shown = view.replay, view.shown
    if replay is None or shown is None:
        return []
    places = replay.decimals(order.coin)
    decimals, reason = Decimals(*places), reason_of(order, shown.reasons)
    bought = order.qty > 0
    lines: list[Line] = [
        (
            (f"{'buy' if bought else 'sell'} {plain(abs(order.qty))}", "up" if bought else "down"),
            (f" @ {price(order.price, places[0])}", "strong"),
            (f"  {safe(order.kind, 60)}", "dim"),
        ),
        ((f"decided at the end of {utc(shown.step.time_ms, STAMP)}", "dim"),),
    ]
    if fills_next(view, order):
        lines.append((("the next minute fills it", "key"),))
    if reason is None:
        return [*lines, (), (("the engine gave no reason of its own for it", "dim"),)]
    meaning = SENTENCES[reason.code].meaning if reason.code in SENTENCES else ""
    lines += [(), ((sentence(reason, decimals), "text"),), *([((meaning, "dim"),)] if meaning else [])]
    formula = formula_of(reason.code, order.pside)
    if formula.lines:
        lines += [(), (("Formula", "accent"),), *(((line, "text"),) for line in formula.lines)]
    if formula.keys:
        lines += [(), (("With", "accent"),), *_parameters(replay, shown, order, formula.keys)]
    if reason.numbers:
        lines += [(), (("It saw", "accent"),)]
        for name, value in reason.numbers.items():
            lines.append(((f"{name} ", "dim"), (number(name, value, decimals), "text")))
    return lines


def _parameters(replay: Replay, shown: Shown, order: ReplayOrder, keys: tuple[str, ...]) -> list[Line]:
    place = replay.coins.index(order.coin)
    own = {**replay.rules.bots[place][order.pside]}
    own["wallet_exposure_limit"] = replay.rules.limits(shown.step.bar)[place, order.pside]
    lines: list[Line] = [
        (("balance ", "dim"), (money(shown.step.balance), "text")),
        *(((f"{name} ", "dim"), (f"{own[name]:.8g}", "text")) for name in keys),
    ]
    held = next((row for row in shown.step.held if (row.coin, row.pside) == (order.coin, order.pside)), None)
    if held is not None:
        fill = held.exposure / held.limit if held.limit > 0 else 0.0
        lines.append((("entry ", "dim"), (f"{held.entry:,.8g}", "text"), ("  fill ", "dim"), (f"{fill:.3f}", "text")))
    return lines


def fills_next(view: ReplayView, order: ReplayOrder) -> bool:
    """Tell whether the minute after the one shown fills an order."""
    wanted = (order.coin, order.kind, order.price)
    coming = view.shown.step.coming if view.shown is not None else ()
    return any((fill.coin, fill.kind, fill.price) == wanted for fill in coming)
