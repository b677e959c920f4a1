"""Publishing snapshots: immutable, newest wins, at most four a second whatever the loop's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from pbtui.core.snapshot import AccountHead, LoopHealth, Money, ReadyItem, Snapshot
from pbtui.core.types import PSIDES
from pbtui.live.board import Board
from pbtui.live.rows import RowMaker
from pbtui.live.turn import LoopCore

LEAST_GAP_S = 0.25


class Publisher:
    """Builds snapshots of a loop; `health` is asked for the parts only the bot knows."""

    def __init__(
        self,
        core: LoopCore,
        head: AccountHead,
        board: Board,
        *,
        monotonic: Callable[[], float],
        wall_ms: Callable[[], int],
        health: Callable[[], LoopHealth],
        warnings: Callable[[], tuple[str, ...]],
    ) -> None:
        self.head = head
        self._core = core
        self._board = board
        self._monotonic = monotonic
        self._wall_ms = wall_ms
        self._health = health
        self._warnings = warnings
        self._seq = 0
        self._next_at = float("-inf")
        self._later: asyncio.Handle | None = None

    def publish(self, *, force: bool = False) -> None:
        """Publish now if the last snapshot is old enough or `force`, else soon: building one costs more than a tick."""
        now = self._monotonic()
        if not force and now < self._next_at:
            # The last turn before a long wait must not stay unseen until the next one.
            if self._later is None:
                self._later = asyncio.get_running_loop().call_later(self._next_at - now, self._publish_late)
            return
        self.stop()
        self._next_at = now + LEAST_GAP_S
        self._seq += 1
        self._board.put(self.build())

    def publish_soon(self) -> None:
        """Publish as `publish` does, but not before what runs now waits or ends: no order waits for a picture."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_soon(self._publish_next)

    def stop(self) -> None:
        """Forget a snapshot that is still to come."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _publish_next(self) -> None:
        self._later = None
        self.publish()

    def _publish_late(self) -> None:
        self._later = None
        self.publish(force=True)

    def build(self) -> Snapshot:
        """Return the present state as a snapshot."""
        core = self._core
        rows = rows_of(core)
        return Snapshot(
            seq=self._seq,
            wall_ms=self._wall_ms(),
            market_ms=core.exchange.now_ms(),
            account=self.head,
            money=money(core, rows.upnl()),
            exposure=rows.exposure(),
            health=self._health(),
            readiness=readiness(core),
            positions=rows.positions(),
            orders=rows.orders(core.difference_now()),
            modes=rows.modes(),
            events=core.events.tail(),
            warnings=self._warnings(),
        )

    def relabel(self, badge: str) -> None:
        """Change the badge: the speed of a replay changed."""
        self.head = replace(self.head, badge=badge)


def rows_of(core: LoopCore) -> RowMaker:
    """Return the rows of the last turn."""
    return RowMaker(
        core.rules,
        core.observer.account,
        core.coins.markets,
        core.last.decision,
        core.store.state.hand_modes,
        core.trailing.bundle,
    )


def money(core: LoopCore, upnl: float) -> Money:
    """Return the account's totals; profits are those of the fills known."""
    account, fills = core.observer.account, core.fills
    return Money(
        balance=account.raw,
        equity=account.raw + upnl,
        upnl=upnl,
        day_pnl=fills.day_pnl(core.exchange.now_ms()),
        # Found backwards: what lies below a millionth of a cent is noise of the sum.
        start_balance=round(account.raw - fills.pnl_last - fills.fees, 8),
        realized_pnl=fills.pnl_last,
        fees=fills.fees,
        n_fills=fills.count,
    )


def readiness(core: LoopCore) -> tuple[ReadyItem, ...]:
    """Return the checklist: balance, positions and orders first, then held coins, then entries."""
    account, averages = core.observer.account, core.candles.averages
    held = {symbol for symbol, _ in account.positions}
    wanted = {symbol for pside in PSIDES for symbol in core.coins.approved[pside]}
    guarded = {symbol for symbol in held if averages.emas(symbol) is not None}
    ready = {symbol for symbol in wanted if averages.emas(symbol) is not None}
    tradable = wanted & set(account.tickers)
    n_fills = core.fills.count
    return (
        ReadyItem("markets", bool(core.coins.markets), f"{len(core.coins.markets)} known"),
        ReadyItem("balance, positions, orders", account.read, f"{n_fills} fills read" if account.read else "reading"),
        ReadyItem("prices", bool(wanted) and wanted == tradable, f"{len(tradable)}/{len(wanted)} coins"),
        ReadyItem("protection of held coins", guarded == held, f"{len(guarded)}/{len(held)} coins"),
        ReadyItem("entries", bool(ready) and not core.last.blocked, _entries_text(core, len(ready), len(wanted))),
    )


def _entries_text(core: LoopCore, ready: int, wanted: int) -> str:
    if core.last.blocked:
        return core.last.blocked[0]
    if not wanted:
        return core.coins.warning or "no approved coin can be traded"
    return f"{ready}/{wanted} coins have averages"
