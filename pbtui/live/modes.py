"""Which mode every coin and side has this tick (live.md 10.2, orchestrator.md 7.2), hand modes first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.live.keys import Key

SLOT_MODES = frozenset({Mode.NORMAL, Mode.GRACEFUL_STOP})


@dataclass(frozen=True, slots=True)
class SideFacts:
    """What the modes of one side depend on; `forced` holds coins with a mode of their own from the config."""

    forced_all: Mode | None
    forced: Mapping[str, Mode]
    hand: Mapping[str, Mode]
    ideal: Sequence[str]
    held: Collection[str]
    ordered: Collection[str]
    held_other_side: Collection[str]
    ineligible: Mapping[str, str]
    max_positions: int


@dataclass(slots=True)
class ModeTable:
    """Effective modes by symbol and side; both sides know the same symbols."""

    modes: dict[Key, Mode] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()

    def get(self, symbol: str, pside: Pside) -> Mode:
        """Return a mode; a coin without one is left alone."""
        return self.modes.get((symbol, pside), Mode.MANUAL)


def side_modes(facts: SideFacts, *, stop: Mode, hedge: bool) -> dict[str, Mode]:
    """Return the modes of one side.

    Order of precedence: an operator's hand, the coin's own forced mode, a position, the chosen coins, open orders.
    A side forced to normal starts flat coins too and its positions take slots (departures.md).
    """
    modes: dict[str, Mode] = {**facts.forced, **facts.hand}
    slots = {symbol for symbol, mode in modes.items() if mode in SLOT_MODES}
    for symbol in sorted(facts.held):
        if symbol not in modes:
            modes[symbol] = _held_mode(symbol, facts, stop)
            if facts.forced_all is None or modes[symbol] in SLOT_MODES:
                slots.add(symbol)
    for symbol in facts.ideal:
        if len(slots) >= facts.max_positions:
            break
        if symbol in modes or (not hedge and symbol in facts.held_other_side):
            continue
        modes[symbol] = Mode.NORMAL
        slots.add(symbol)
    for symbol in facts.ordered:
        modes.setdefault(symbol, stop)
    return modes


def _held_mode(symbol: str, facts: SideFacts, stop: Mode) -> Mode:
    reason = facts.ineligible.get(symbol, "")
    if facts.forced_all is not None:
        return facts.forced_all
    if reason:
        return Mode.TP_ONLY if reason == "not active" else Mode.MANUAL
    if len(facts.held) > facts.max_positions:
        return stop
    return Mode.NORMAL if symbol in facts.ideal else stop


def mode_table(facts: Mapping[Pside, SideFacts], *, stop: Mode, hedge: bool) -> ModeTable:
    """Return the modes of both sides; a coin known to one side gets the stop mode on the other."""
    by_side = {pside: side_modes(facts[pside], stop=stop, hedge=hedge) for pside in PSIDES}
    symbols = tuple(sorted(set(by_side["long"]) | set(by_side["short"])))
    modes: dict[Key, Mode] = {
        (symbol, pside): by_side[pside].get(symbol, stop) for symbol in symbols for pside in PSIDES
    }
    return ModeTable(modes, symbols)
