"""One coin and side in plain words: position, mode, what the engine waits for, what each flag means."""

from __future__ import annotations

from pbtui.console.levels import short_kind
from pbtui.console.numbers import gain, gain_ink, mode_ink, mode_word, pct, price, ratio, size, utc
from pbtui.console.state import Key, ViewState
from pbtui.console.text import Line, safe, wrap
from pbtui.core.snapshot import ModeRow, PositionRow

_LABEL = 10
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
    lines += _position_lines(position)
    lines += _mode_lines(mode)
    lines += _why_lines(position, mode, room)
    return lines


def _fact(label: str, text: str, ink: str = "text") -> Line:
    return ((label.ljust(_LABEL), "dim"), (text, ink))


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
    lines.append(_fact("exposure", f"{ratio(row.we, row.we_limit)} of its limit"))
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
    lines.append(_fact("stops", safe(row.stops, 60) or "nothing", "warn" if row.stops else "dim"))
    return lines


def _why_lines(row: PositionRow | None, mode: ModeRow | None, room: int) -> list[Line]:
    """Say what the engine waits for, and explain each flag."""
    lines: list[Line] = [(), (("Why", "accent"),)]
    for text, ink in _reasons(row, mode):
        lines += [((part, ink),) for part in wrap(text, room, 2)]
    return lines


def _reasons(row: PositionRow | None, mode: ModeRow | None) -> list[tuple[str, str]]:
    if row is None:
        return [("no slot: other coins rank higher, or its mode allows no entry", "text")]
    found: list[tuple[str, str]] = []
    if row.danger:
        found.append(("nothing protects this position: its side is switched off; p closes it", "bad"))
    if row.next_kind:
        where = price(row.next_price, row.price_decimals)
        found.append(
            (f"next {short_kind(row.next_kind)} at {where}, {pct(row.next_dist)} away ({safe(row.next_kind)})", "text")
        )
    elif mode is None or not mode.stops:
        found.append(("the engine wants no order here now", "text"))
    for flag in row.flags:
        words = next((text for name, text in FLAG_WORDS.items() if safe(flag).startswith(name)), "")
        found.append((f"{safe(flag)}: {words}" if words else safe(flag), "warn"))
    return found
