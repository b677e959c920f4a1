"""One-way trading: which flat sides of a coin stand in the way of its other side, as in a backtest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.live.account import Account
from pbtui.live.coins import affordable
from pbtui.live.inputs import SymbolInput
from pbtui.live.keys import Key
from pbtui.live.rules import Rules


def with_rivals(
    rules: Rules,
    account: Account,
    symbols: Sequence[SymbolInput],
    approved: Mapping[Pside, Collection[str]],
    forced: Collection[Key],
) -> list[SymbolInput]:
    """Return the inputs with the sides that were not chosen but compete for their flat coin (orchestrator.md 3.4).

    A coin flat on both sides opens the one whose entry is nearer; a backtest weighs a side that may open even where its
    slots went to other coins. Only while no slot of that side is free: the engine can't choose it then. `approved` are
    the coins a side may choose from; `forced` are sides whose mode somebody set: those never compete.
    """
    full = {pside: _is_full(rules, account, symbols, pside) for pside in PSIDES}
    found: list[SymbolInput] = []
    for item in symbols:
        flat = not any((item.symbol, pside) in account.positions for pside in PSIDES)
        rivals = frozenset(
            pside
            for pside in PSIDES
            if flat
            and full[pside]
            and item.emas is not None
            and item.modes[pside] is rules.stop_mode
            and item.symbol in approved[pside]
            and (item.symbol, pside) not in forced
            and affordable(rules, item.coin, pside, item.market, item.price, account.snapped)
        )
        found.append(replace(item, rivals=rivals) if rivals else item)
    return found


def _is_full(rules: Rules, account: Account, symbols: Sequence[SymbolInput], pside: Pside) -> bool:
    """Tell whether held and chosen coins take all slots of a side as the engine counts them (orchestrator.md 3.2).

    A chosen coin whose averages are not known waits: the engine is not told that it was chosen.
    """
    side = rules.side(pside)
    taken = sum(
        (item.symbol, pside) in account.positions or (item.modes[pside] is Mode.NORMAL and item.emas is not None)
        for item in symbols
    )
    return side.enabled and taken >= min(side.n_positions, sum(item.market.active for item in symbols))
