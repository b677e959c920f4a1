"""The loop's health in full, and equity since the bot began: asked for anew every second while it is on screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.binding import Binding

from pbtui.console.dialogs.base import Dialog, Words
from pbtui.console.gauges import INKS, WORDS, Verdict, milliseconds, readings, stream_reading
from pbtui.console.numbers import clock, money, pct, utc
from pbtui.console.text import Line, safe
from pbtui.console.widgets.equity import area
from pbtui.core.errors import PbtuiError
from pbtui.core.history import Equity, HealthReport

Ask = Callable[[], Awaitable[tuple[HealthReport, Equity]]]
_AGAIN_S = 1.0
_CURVE_ROWS = 3
_STALLS = 5
_LAG_LIMITS = ((250.0, Verdict.BAD), (50.0, Verdict.WARN))


class HealthDialog(Dialog[None]):
    """Shows figures, curves and what blocked the loop; escape, enter and q leave."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("enter,q", "leave", "back", show=False),
        Binding("space", "page(1)", "page down", show=False),
        Binding("down,j", "scroll(1)", "down", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, ask: Ask) -> None:
        super().__init__("Health · equity since the start")
        self._ask = ask

    def compose_inside(self) -> ComposeResult:
        """The lines, scrolling where they are too many."""
        yield Words(id="words")

    def on_mount(self) -> None:
        """Ask at once and every second."""
        super().on_mount()
        self.show([(("asking the bot…", "dim"),)])
        self._again()
        self.set_interval(_AGAIN_S, self._again)

    def _again(self) -> None:
        self.run_worker(self._load(), group="health", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        try:
            report, equity = await self._ask()
        except PbtuiError as error:
            self.show([((safe(error.line()), "bad"),)])
            return
        plain = self.console.ascii_only
        self.show(lambda room: health_lines(report, equity, room, plain=plain))

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one("#words", Words).scroll_lines(by)
        self.fit()


def health_lines(report: HealthReport, equity: Equity, room: int, *, plain: bool = False) -> list[Line]:
    """Return everything known, in `room` columns."""
    return [
        *_equity_lines(equity, room, plain=plain),
        *_lag_lines(report, room, plain=plain),
        *_turn_lines(report, room, plain=plain),
        (),
        *_figure_lines(report),
        *_call_lines(report),
        *_stall_lines(report),
    ]


def _equity_lines(equity: Equity, room: int, *, plain: bool) -> list[Line]:
    if not equity.ts_ms:
        return [_named("equity", "no account read yet"), ()]
    first, last = equity.equity[0], equity.equity[-1]
    change = pct(last / first - 1) if first > 0 else ""
    head = f"{money(last)}  {change} since {utc(equity.ts_ms[0], '%Y-%m-%d %H:%MZ')}"
    span = f"lowest {money(min(equity.equity))}, highest {money(max(equity.equity))}"
    return [_named("equity", head), *area(equity.equity, room, _CURVE_ROWS, plain=plain), ((span, "dim"),), ()]


def _lag_lines(report: HealthReport, room: int, *, plain: bool) -> list[Line]:
    health = report.health
    if health.loop_lag_ms is None or health.loop_lag_p50_ms is None or health.loop_lag_max_ms is None:
        return [_named("loop lag", "not measured here")]
    verdict = next((verdict for limit, verdict in _LAG_LIMITS if health.loop_lag_ms >= limit), Verdict.OK)
    text = (
        f"half below {milliseconds(health.loop_lag_p50_ms)}, 99 % below {milliseconds(health.loop_lag_ms)}, "
        f"worst {milliseconds(health.loop_lag_max_ms)}{WORDS[verdict]}"
    )
    ink = "text" if verdict is Verdict.OK else INKS[verdict]
    return [(("loop lag  ", "dim"), (text, ink)), *area((0.0, *report.lag_max_ms), room, 1, plain=plain)]


def _turn_lines(report: HealthReport, room: int, *, plain: bool) -> list[Line]:
    if not report.turns_ms:
        return [_named("turns", "none yet")]
    ordered = sorted(report.turns_ms)
    text = (
        f"last {milliseconds(report.turns_ms[-1])}, half below {milliseconds(ordered[len(ordered) // 2])}, "
        f"worst {milliseconds(ordered[-1])} of {len(ordered)}"
    )
    return [_named("turns", text), *area((0.0, *report.turns_ms), room, 1, plain=plain)]


def _figure_lines(report: HealthReport) -> list[Line]:
    health = report.health
    state = f"{health.state}{f': {safe(health.reason, 120)}' if health.reason else ''}"
    text, verdict = stream_reading(health)
    lines = [
        _named("state", state),
        (("stream    ", "dim"), (text, "text" if verdict is Verdict.OK else INKS[verdict])),
    ]
    spans = [span for reading in readings(health) for span in (*reading.line(), ("   ", "text"))]
    lines.append(tuple(spans[:-1]))
    lines.append(_named("process", f"{health.rss_mb:.0f} MB, {health.restarts} restarts, tick {health.tick:,}"))
    return lines


def _call_lines(report: HealthReport) -> list[Line]:
    return [
        _named(
            safe(call.name, 24),
            f"{call.count} calls, half below {milliseconds(call.median_ms)}, worst {milliseconds(call.max_ms)}"
            + (f", {call.failed} failed" if call.failed else ""),
        )
        for call in report.calls
    ]


def _stall_lines(report: HealthReport) -> list[Line]:
    if not report.stalls:
        return [(), (("The loop never stood still for more than 100 ms.", "dim"),)]
    lines: list[Line] = [(), (("The loop stood still", "strong"),)]
    for stall in reversed(report.stalls[-_STALLS:]):
        when = f"{clock(stall.ts_ms)} for {milliseconds(stall.late_ms)}"
        lines.append(((f"{when}  ", "warn"), (safe(stall.where, 240), "text")))
    return lines


def _named(name: str, text: str) -> Line:
    return ((f"{name:<9} ", "dim"), (text, "text"))
