"""Does a ledger agree with its fills: to the cent in money, to a fraction of a lot in positions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pbtui.exchange.paper.account import PositionKey
from pbtui.exchange.paper.ledger import Ledger

_CENT = 0.005


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found; `differences` is empty when ledger and fills agree."""

    balance: float
    expected_balance: float  # start + Σ pnl + Σ fee
    n_fills: int
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the ledger agrees with its fills."""
        return not self.differences


def audit(ledger: Ledger) -> Audit:
    """Rebuild balance and positions from the fills and compare them with what the ledger says."""
    account, _ = ledger.load()
    fills = ledger.fills()
    expected = math.fsum([ledger.head.start_balance, *(fill.pnl for fill in fills), *(fill.fee for fill in fills)])
    differences: list[str] = []
    if not abs(account.balance - expected) < _CENT:
        differences.append(f"balance {account.balance!r}, fills say {expected!r}")
    sizes: dict[PositionKey, float] = {}
    prices: dict[PositionKey, float] = {}
    for fill in fills:
        key = (fill.symbol, fill.pside)
        size = sizes.get(key, 0.0) + fill.qty
        if not math.isclose(size, fill.psize, rel_tol=1e-9, abs_tol=max(abs(fill.qty) * 1e-9, 1e-10)):
            differences.append(f"fill {fill.id}: {fill.symbol} {fill.pside} is {fill.psize!r}, fills say {size!r}")
        sizes[key], prices[key] = fill.psize, fill.pprice
    for key in sizes.keys() | account.positions.keys():
        position = account.held(*key)
        if position.size != sizes.get(key, 0.0) or (position.size and position.price != prices.get(key)):
            differences.append(f"position {key[0]} {key[1]} {position}, fills say {sizes.get(key)}")
    return Audit(account.balance, expected, len(fills), tuple(differences))
