"""One coin and side in plain words: position, mode, what the engine waits for, what each flag means."""

from __future__ import annotations

from pbtui.console.actions import label_of
from pbtui.console.levels import short_kind
from pbtui.console.numbers import gain, gain_ink, mode_ink, mode_word, pct, price, ratio, size, utc
from pbtui.console.state import Key, ViewState
from pbtui.console.text import Line, line_width, safe, wrap
from pbtui.console.why.panel import why_lines
from pbtui.core.snapshot import ModeRow, PositionRow

_LABEL = 10
_MOST_LEFT = 0.6  # of the room, for the first of two facts in a line
FLAG_WORDS: dict[str, str] = {
    "stuck": "the position is stuck: small parts of it are closed at a loss, paid from past profits",
    "trailing": "an order waits for the price to turn: first past its threshold, then back by its retracement",
    "wel": "over its own exposure limit: the excess is closed",
    "twel": "its side is over the total exposure limit: the excess is closed",
    "lossgate": "a close is held back: it would realise more loss than max_realized_loss_pct allows",
    "off": "its side is switched off in the config: no orders are made, only a panic closes it",
    "no averages": "entries wait: the moving averages need more candles",
    "no price": "everything here waits: the venue shows no price",
}


def fact_lines(state: ViewState, key: Key, room: int) -> list[Line]:
    """Return the facts of a coin and side, wrapped to `room`."""
    snapshot = state.snapshot
    if snapshot is None:
        return []
    position = next((row for row in snapshot.positions if (row.symbol, row.pside) == key), None)
    mode = next((row for row in snapshot.modes if (row.symbol, row.pside) == key), None)
    lines: list[Line] = [((f"{safe(state.coin(key[0]), 20)} {key[1]}", "strong"), (f"  {safe(key[0], 40)}", "dim"))]
    lines += _paired([*_position_lines(position), *_mode_lines(mode)], room)
    lines += _flag_lines(position, room)
    facts = state.facts
    if facts is not None and facts.symbol == key[0] and facts.reasons:
        return [*lines, (), *why_lines(facts, key[1], room)]
    return [*lines, *_waiting_lines(position, mode, room)]


def _fact(label: str, text: str, ink: str = "text") -> Line:
    return ((label.ljust(_LABEL), "dim"), (text, ink))


def _paired(facts: list[Line], room: int) -> list[Line]:
    """Return facts two to a line where both have room, so that the reasons below come into view."""
    half = max((line_width(fact) for fact in facts if line_width(fact) <= room * _MOST_LEFT), default=0) + 2
    lines: list[Line] = []
    rest = list(facts)
    while rest:
        first = rest.pop(0)
        if rest and line_width(first) <= half - 2 and line_width(rest[0]) <= room - half:
            lines.append((*first, (" " * (half - line_width(first)), "text"), *rest.pop(0)))
        else:
            lines.append(first)
    return lines


def _position_lines(row: PositionRow | None) -> list[Line]:
    if row is None:
        return [_fact("position", "none, and no slot", "dim")]
    decimals = row.price_decimals
    lines = [_fact("mark", price(row.mark, decimals))]
    if not row.size:
        lines.insert(0, _fact("position", "none" + (", has a slot" if row.slot else ""), "dim"))
    else:
        lines.insert(0, _fact("position", f"{size(row.size, row.qty_decimals)} @ {price(row.entry, decimals)}"))
        lines.append(_fact("distance", pct(row.dist), gain_ink(row.dist, 4)))
        lines.append(_fact("uPnL", gain(row.upnl).strip(), gain_ink(row.upnl)))
    lines.append(_fact("exposure", ratio(row.we, row.we_limit)))
    return lines


def _mode_lines(row: ModeRow | None) -> list[Line]:
    if row is None:
        return []
    words = safe(mode_word(row.effective, by_hand=bool(row.hand)), 16)
    lines = [_fact("mode", words, mode_ink(row.effective))]
    if row.hand:
        lines.append(_fact("set by", f"{safe(row.set_by, 40)}, {utc(row.set_ms, '%d %b %H:%M:%SZ')}"))
    if row.hand or row.configured != row.effective:
        lines.append(_fact("config", safe(mode_word(row.configured), 16), "dim"))
    if row.stops:
        lines.append(_fact("stops", safe(row.stops, 60), "warn"))
    return lines


def _flag_lines(row: PositionRow | None, room: int) -> list[Line]:
    """Explain each flag; a position that nothing protects comes first."""
    if row is None:
        return []
    found: list[tuple[str, str]] = []
    if row.danger:
        found.append(
            (f"nothing protects this position: its side is switched off; {label_of('mode.panic')} closes it", "bad")
        )
    for flag in row.flags:
        words = next((text for name, text in FLAG_WORDS.items() if safe(flag).startswith(name)), "")
        found.append((f"{safe(flag)}: {words}" if words else safe(flag), "warn"))
    return [((part, ink),) for text, ink in found for part in wrap(text, room, 2)]


def _waiting_lines(row: PositionRow | None, mode: ModeRow | None, room: int) -> list[Line]:
    """Say what the engine waits for, as far as a snapshot tells: the bot has not been asked yet."""
    lines: list[Line] = [(), (("Why", "accent"),)]
    for text, ink in _next(row, mode):
        lines += [((part, ink),) for part in wrap(text, room, 2)]
    return lines


def _next(row: PositionRow | None, mode: ModeRow | None) -> list[tuple[str, str]]:
    if row is None:
        return [("no slot: other coins rank higher, or its mode allows no entry", "text")]
    found: list[tuple[str, str]] = []
    if row.next_kind:
        where = price(row.next_price, row.price_decimals)
        found.append(
            (f"next {short_kind(row.next_kind)} at {where}, {pct(row.next_dist)} away ({safe(row.next_kind)})", "text")
        )
    elif mode is None or not mode.stops:
        found.append(("the engine wants no order here now", "text"))
    return found
