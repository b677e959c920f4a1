"""What a snapshot holds as plain sentences: one row, one line, nothing that needs columns to be understood."""

from __future__ import annotations

from collections.abc import Iterable

from pbtui.cli.figures import iso
from pbtui.console.numbers import money, pct, price, ratio, signed
from pbtui.console.why.telling import tellings
from pbtui.console.why.words import Decimals
from pbtui.core.amounts import plain
from pbtui.core.history import Equity, HealthReport
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import CoinFacts, FillRow, ModeRow, OrderRow, PositionRow, Snapshot
from pbtui.core.types import Pside

_STATES = {"open": "rests", "create": "to be created", "cancel": "to be cancelled", "foreign": "not ours"}


def position_line(row: PositionRow) -> str:
    """Return a position: what is held, at what risk, what comes next."""
    decimals = row.price_decimals
    parts = [f"{row.coin} {row.pside}: mode {row.mode.replace('_', ' ')}{' by hand' if row.hand_mode else ''}"]
    if row.size:
        parts.append(f"size {plain(row.size)} at {price(row.entry, decimals)}")
        parts.append(f"mark {price(row.mark, decimals)} {pct(row.dist)}")
        parts.append(f"uPnL {signed(row.upnl)}")
    else:
        parts.append("no position")
    parts.append(f"exposure {ratio(row.we, row.we_limit)}")
    if row.next_kind:
        parts.append(
            f"next {row.next_kind.replace('_', ' ')} at {price(row.next_price, decimals)} {pct(row.next_dist)}"
        )
    if row.flags:
        parts.append(f"flags {' '.join(row.flags)}")
    if row.danger:
        parts.append("nothing protects it: the side is switched off")
    return _line(parts)


def order_line(row: OrderRow) -> str:
    """Return an order and whether it rests, is wanted or is to go."""
    name = f"{row.coin} {row.pside} {row.side} {row.kind.replace('_', ' ')}"
    parts = [f"{name}: {plain(row.qty)} at {price(row.price, row.price_decimals)}", pct(row.dist), _STATES[row.state]]
    return _line(parts)


def mode_line(row: ModeRow) -> str:
    """Return a mode and who set it."""
    parts = [f"{row.coin} {row.pside}: {row.effective.replace('_', ' ')}"]
    if row.hand:
        parts.append(f"set by {row.set_by or 'hand'} {iso(row.set_ms)}, the config says {row.configured}")
    if row.stops:
        parts.append(f"stops {row.stops}")
    return _line(parts)


def warning_lines(found: Snapshot) -> list[str]:
    """Return the standing warnings and what start-up still waits for."""
    waiting = [item for item in found.readiness if not item.done]
    lines = [f"warning: {text}" for text in found.warnings]
    lines += [
        f"waiting for {item.name}: {item.detail}" if item.detail else f"waiting for {item.name}" for item in waiting
    ]
    return [sanitize_line(line) for line in lines] or ["no warnings"]


def fill_line(row: FillRow) -> str:
    """Return an execution."""
    kind = row.kind.replace("_", " ")
    return _line([f"{iso(row.ts_ms)} {kind} {plain(row.qty)} at {plain(row.price)}", f"pnl {signed(row.pnl, 4)}"])


def param_lines(facts: CoinFacts) -> list[str]:
    """Return effective parameters with their origin."""
    return [sanitize_line(f"{row.name} = {row.value} ({row.origin})") for row in facts.params]


def why_lines(facts: CoinFacts, pside: Pside) -> list[str]:
    """Return why the orders of a side exist (+) and what holds others back (-), in the engine's own reasons."""
    marks = {"makes": "+ ", "keeps": "- "}
    parts = {"entry": "entries", "close": "closes"}
    found = tellings(facts.reasons, pside, Decimals.of(facts))
    return [f"{parts[line.part]} {marks.get(line.tone, '')}{line.text}" for line in found]


def equity_lines(curve: Equity) -> list[str]:
    """Return the points of the equity curve, oldest first."""
    points = zip(curve.ts_ms, curve.balance, curve.equity, strict=True)
    return [f"{iso(ts_ms)} balance {money(balance)} equity {money(equity)}" for ts_ms, balance, equity in points] or [
        "no equity known yet"
    ]


def health_lines(report: HealthReport) -> list[str]:
    """Return the loop's health in sentences."""
    health = report.health
    lines = [
        f"state {health.state}{f' ({health.reason})' if health.reason else ''}, tick {health.tick}, "
        f"{health.errors_1h} errors and {health.rate_limited_1h} rate limits within the hour, "
        f"{health.restarts} restarts, {health.rss_mb:.0f} MB",
        f"loop lag: half of the time below {_ms(health.loop_lag_p50_ms)}, 99 of 100 below {_ms(health.loop_lag_ms)}, "
        f"at worst {_ms(health.loop_lag_max_ms)}",
        f"the last turn took {_ms(health.tick_took_ms)}, the longest of the last {len(report.turns_ms)} "
        f"{_ms(max(report.turns_ms, default=None))}",
        f"newest candles: {_age(health.candle_age_ms)} old; "
        f"stream {health.stream}, last word {_age(health.event_age_ms)} ago",
        f"remote calls: median {_ms(health.rest_ms)}, longest {_ms(health.rest_max_ms)}; "
        f"clock ahead of the venue by {_ms(health.clock_skew_ms)}; request budget {_share(health.rate_used)}"
        + (f"; the venue wants silence for {health.silent_s:.0f} s" if health.silent_s > 0 else ""),
    ]
    lines += [
        f"call {call.name}: {call.count} times, median {_ms(call.median_ms)}, longest {_ms(call.max_ms)}, "
        f"{call.failed} failed"
        for call in report.calls
    ]
    lines += [f"stood still {iso(stall.ts_ms)} for {_ms(stall.late_ms)}: {stall.where}" for stall in report.stalls]
    return [sanitize_line(line) for line in lines]


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.1f} ms" if abs(value) < 100 else f"{value:,.0f} ms"


def _age(value: int | None) -> str:
    return "unknown" if value is None else f"{value / 1000:,.0f} s"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%} used"


def _line(parts: Iterable[str]) -> str:
    return sanitize_line(", ".join(part for part in parts if part))
