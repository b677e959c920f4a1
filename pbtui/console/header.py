"""The header: is the bot alive, how much do I have, what is at risk. Parts drop in a fixed order of importance."""

from __future__ import annotations

from pbtui.console.gauges import INKS, STREAM, Verdict, readings, stream_reading
from pbtui.console.numbers import age, bar, clock, gain, gain_ink, money, pct, ratio, side_letter, utc
from pbtui.console.state import ViewState
from pbtui.console.text import Line, Span, line_width, safe
from pbtui.core.record import record
from pbtui.core.snapshot import Exposure, LoopHealth, Snapshot

_STALE_TIMES = 3
_SHORTEST_INTERVAL_MS = 1_000  # snapshots of faster loops are not drawn faster than this
_WE_BAR = 6
_BARS_FROM = 80
_SEPARATOR: Span = ("  ", "text")
_QUIET_STATES = frozenset({"running"})
_BAD_STATES = frozenset({"blocked", "error"})
_RANKS = {Verdict.OK: 99, Verdict.WARN: 6, Verdict.BAD: 5}  # what is not well stays longer


@record
class Part:
    """A piece of the header; the lowest rank stays longest."""

    rank: int
    line: Line


def is_stale(snapshot: Snapshot, now_ms: int) -> bool:
    """Tell whether the last good tick is older than three times the expected interval."""
    health = snapshot.health
    if health.state in ("starting", "stopped", "finished", "stopping") or health.last_tick_ms <= 0:
        return False
    return now_ms - health.last_tick_ms > _STALE_TIMES * max(health.expected_interval_ms, _SHORTEST_INTERVAL_MS)


def badge(snapshot: Snapshot) -> Span:
    """Return the account's badge: calm on paper, unmistakable with real money."""
    kind = snapshot.account.kind
    ink = {"live": "badge_live", "synthetic": "badge_note", "replay": "badge_note"}.get(kind, "badge_calm")
    text = safe(snapshot.account.badge, 24) or kind.upper()
    return (f" {'● ' if kind == 'live' else ''}{text} ", ink)


def exposure_line(row: Exposure, *, long_form: bool, with_bar: bool = False) -> Line:
    """Return one side's exposure against its limit."""
    over = row.limit > 0 and row.value > row.limit
    name = f"{row.pside} " if long_form else f"{side_letter(row.pside)} "
    line: Line = ((name, "dim"), (ratio(row.value, row.limit), "bad" if over else "text" if row.value else "dim"))
    if with_bar:
        filled, empty = bar(row.value / row.limit if row.limit > 0 else 0.0, _WE_BAR)
        line = (*line, (" ", "text"), (filled, "bad" if over else "accent"), (empty, "border"))
    return line


def tick_line(snapshot: Snapshot, now_ms: int) -> Line:
    """Return the age of the last good tick."""
    if snapshot.health.last_tick_ms <= 0:
        return (("tick ", "dim"), ("none yet", "dim"))
    seconds = (now_ms - snapshot.health.last_tick_ms) / 1000
    return (("tick ", "dim"), (age(seconds), "bad" if is_stale(snapshot, now_ms) else "text"))


def alarm_parts(state: ViewState, snapshot: Snapshot, now_ms: int) -> list[Part]:
    """Return what must never drop: stale, blocked, paused, read-only, watching."""
    found: list[Span] = []
    if state.link_ended:
        found.append((" GONE ", "badge_live"))
    elif is_stale(snapshot, now_ms):
        found.append((" STALE ", "badge_live"))
    run = snapshot.health.state
    if state.slow_link:
        found.append((" SLOW LINK ", "badge_warn"))
    if run not in _QUIET_STATES:
        found.append((f" {run.upper()} ", "badge_live" if run in _BAD_STATES else "badge_warn"))
    if snapshot.health.creations_paused:
        found.append((" ORDERS PAUSED ", "badge_warn"))
    elif snapshot.health.entries_paused:
        found.append((" ENTRIES PAUSED ", "badge_warn"))
    if state.locked:
        found.append((" READ-ONLY ", "badge_note"))
    elif state.role != "controller":
        found.append((" WATCHING ", "badge_note"))
    return [Part(0, (span,)) for span in found]


def stream_line(health: LoopHealth) -> Line:
    """Return the websocket state: a word, not only a colour."""
    text, verdict = stream_reading(health)
    ink = "dim" if health.stream == "none" else "up" if verdict is Verdict.OK else INKS[verdict]
    return (("ws ", "dim"), ("● " if health.stream == "up" else "○ ", ink), (text, ink))


def money_parts(snapshot: Snapshot, *, with_bar: bool) -> list[Part]:
    """Return balance, equity, profit, exposure."""
    cash = snapshot.money
    if snapshot.health.state == "starting" and cash.balance == 0:
        return []
    share = cash.upnl / cash.balance if cash.balance > 0 else 0.0
    parts = [
        Part(2, (("bal ", "dim"), (money(cash.balance), "strong"))),
        Part(3, (("eq ", "dim"), (money(cash.equity), "strong"))),
        Part(5, ((gain_pct(share), gain_ink(share, 4)),)),
        Part(7, (("uPnL ", "dim"), (gain(cash.upnl).strip(), gain_ink(cash.upnl)))),
        Part(8, (("day ", "dim"), (gain(cash.day_pnl).strip(), gain_ink(cash.day_pnl)))),
    ]
    sides = [exposure_line(row, long_form=with_bar, with_bar=with_bar) for row in snapshot.exposure]
    between: Span = ("  " if with_bar else " ", "text")
    joined = tuple(span for number, line in enumerate(sides) for span in ((between,) * (number > 0) + line))
    return [*parts, Part(9, (("WE", "dim"),)), Part(4, joined)] if sides else parts


def gain_pct(share: float) -> str:
    """Return a share as ▲0.73%: the arrow says the sign."""
    mark = "▲" if round(share, 4) > 0 else "▼" if round(share, 4) < 0 else ""
    return f"{mark}{pct(abs(share)).removeprefix('+')}"


def time_part(snapshot: Snapshot, now_ms: int) -> Part:
    """Return the clock: the machine's, or the market's date and time in a replay."""
    if snapshot.account.kind == "replay":
        return Part(5, ((utc(snapshot.market_ms, "%Y-%m-%d %H:%MZ"), "text"),))
    return Part(6, ((clock(now_ms), "text"),))


def health_parts(snapshot: Snapshot, now_ms: int) -> list[Part]:
    """Return tick age, connection, every figure of health, clock."""
    health = snapshot.health
    return [
        Part(1, tick_line(snapshot, now_ms)),
        Part(min(STREAM.rank, _RANKS[stream_reading(health)[1]]), stream_line(health)),
        *(Part(min(each.gauge.rank, _RANKS[each.verdict]), each.line()) for each in readings(health)),
        time_part(snapshot, now_ms),
    ]


def who_part(snapshot: Snapshot) -> Part:
    """Return where the account trades."""
    account = snapshot.account
    text = f"{safe(account.exchange, 20)} · {safe(account.quote, 8)}"
    return Part(10, ((text, "dim"),))


def kept_parts(parts: list[Part], room: int) -> list[Part]:
    """Return the parts that fit into `room`, in order: the highest ranks go first."""
    kept = [part for part in parts if part.line]
    while len(kept) > 1 and sum(line_width(p.line) for p in kept) + 2 * (len(kept) - 1) > room:
        kept.remove(max(kept, key=lambda part: part.rank))
    return kept


def steady(parts: list[Part], grown: dict[int, int], room: int) -> list[Part]:
    """Return parts as wide as each has ever been (`grown`, by rank), so that amounts do not push others to and fro.

    Where there is no room for that, each is as wide as it is.
    """
    for part in parts:
        grown[part.rank] = max(grown.get(part.rank, 0), line_width(part.line))
    if sum(grown[part.rank] for part in parts) + 2 * (len(parts) - 1) > room:
        return parts
    return [
        Part(part.rank, (*part.line, (" " * missing, "text"))) if (missing := grown[part.rank] - line_width(part.line))
        else part
        for part in parts
    ]  # fmt: skip


def join(parts: list[Part], room: int) -> Line:
    """Return the parts that fit into `room` as one line."""
    spans: list[Span] = []
    for number, part in enumerate(kept_parts(parts, room)):
        spans += [_SEPARATOR] * (number > 0)
        spans += part.line
    return tuple(spans)


def spread(left: list[Part], right: list[Part], room: int) -> Line:
    """Return the parts that fit into `room` at both ends of a line."""
    kept = kept_parts([*left, *right], room)
    left_line = join([part for part in kept if part in left], room)
    right_line = join([part for part in kept if part in right], room)
    gap = room - line_width(left_line) - line_width(right_line)
    return (*left_line, (" " * max(1, gap), "text"), *right_line)


def header_lines(state: ViewState, now_ms: int, room: int, rows: int) -> list[Line]:
    """Return the header in one or two rows."""
    snapshot = state.snapshot
    if snapshot is None:
        word = state.link_ended or "waiting for the bot"
        return [((" pbtui ", "badge_calm"), ("  ", "text"), (safe(word), "dim"))][:rows]
    edge = room - 2
    alarms = alarm_parts(state, snapshot, now_ms)
    if rows > 1 and room < _BARS_FROM:
        balance, *others = money_parts(snapshot, with_bar=False) or [Part(2, ())]
        first = spread([Part(0, (badge(snapshot),)), *alarms, balance], health_parts(snapshot, now_ms), edge)
        return [((" ", "text"), *first), ((" ", "text"), *join(others, edge))]
    if rows > 1:
        account = snapshot.account
        name = Part(11, ((f"{safe(account.user, 24)} · {safe(account.config_name, 30)}", "dim"),))
        left = [Part(12, (("pbtui", "accent"),)), Part(0, (badge(snapshot),)), *alarms, who_part(snapshot), name]
        first = spread(left, health_parts(snapshot, now_ms), edge)
        second = join(steady(money_parts(snapshot, with_bar=True), state.header_grown, edge), edge)
        return [((" ", "text"), *first), ((" ", "text"), *second)]
    parts = [Part(0, (badge(snapshot),)), *alarms, who_part(snapshot), *money_parts(snapshot, with_bar=False)]
    return [((" ", "text"), *join([*parts, *health_parts(snapshot, now_ms)], edge))]
