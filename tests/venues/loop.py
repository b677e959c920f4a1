"""The loop's own reading, doubts and sending on a simulated venue, with a plan that the test makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pbtui.config import load
from pbtui.core.clock import Clock
from pbtui.core.types import Mode, Pside
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.live.events import EventLog
from pbtui.live.execute import Batch, Sent
from pbtui.live.reconcile import Diff, SidePolicy, diff_symbol
from pbtui.live.store import RunStore
from pbtui.live.turn import LoopCore
from tests.venues.accounts import bitcoin, qty_of
from tests.venues.trader import ROOT

BATCH = Batch(cancels=12, creates=12, post_only=True)
POLICIES: dict[Pside, SidePolicy] = {"long": SidePolicy(Mode.NORMAL), "short": SidePolicy(Mode.NORMAL)}


class Loop:
    """Takes turns for bitcoin."""

    def __init__(self, account: PrivateExchange, folder: Path, clock: Clock) -> None:
        self.account, self.clock = account, clock
        self.symbol = bitcoin(account.name)
        config = load(ROOT / "configs" / "examples" / "paper.hjson", base_dir=ROOT)
        self.events = EventLog(account.now_ms)
        self.core = LoopCore(config, account, RunStore(folder / "loop"), self.events, clock)

    def entry(self, price: float, *, qty: float | None = None) -> ExecutableOrder:
        """Return a planned long entry."""
        size = qty_of(self.account) if qty is None else qty
        return ExecutableOrder(self.symbol, "buy", "long", size, price, False, "entry_grid_normal_long", "limit")

    async def turn(self, *wanted: ExecutableOrder) -> Sent:
        """Look at the account and send what it takes for these orders to rest."""
        await self.core.look()
        return await self.core.executor.send(self._difference(wanted), BATCH)

    def said(self) -> list[str]:
        """Return what was said, oldest first."""
        return [row.text for row in self.events.tail()]

    def _difference(self, wanted: Sequence[ExecutableOrder]) -> Diff:
        resting = [order for order in self.core.observer.account.own_orders() if order.symbol == self.symbol]
        return diff_symbol(resting, wanted, POLICIES, tolerance=0.0002)
