"""The invariants of the loop, checked against what truly is (perf_reliability.md 7, I1 to I10)."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass

from pbtui.core.sanitize import sanitize_text
from pbtui.core.snapshot import EventRow
from pbtui.core.types import PSIDES, Fill, Mode, OpenOrder, OrderRequest, Pside
from pbtui.engine.numerics import qty_to_cost
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import CancelResult, CreateResult
from pbtui.live.account import reduces
from pbtui.live.candles import FRESH_MS
from pbtui.live.keys import Key, is_entry
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.turn import LoopCore

CANARY = "Cn4ryS3cretThatNobodyMayRead"
MINUTE_S = 60.0
SETTLED_S = 120.0  # two turns: what was in flight before is over
PLAN_OLD_S = 10.0
TRIES = 3
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken invariant: which, at which minute, and what was seen."""

    invariant: str
    minute: int
    text: str


class Checker:
    """Knows the true account; the first breach is kept. Everything that happened goes into the journal's hash."""

    def __init__(self, clock: WarpClock, paper: StreamPaper, twel: dict[Pside, float]) -> None:
        self.canary = CANARY
        self.breach: Breach | None = None
        self.core: LoopCore | None = None
        self.decided_s = 0.0
        self.deaf = False  # the stream was known to be deaf when the present turn decided
        self.bad_plan = False  # the engine's answer of the present turn was spoiled
        self.stopping = False  # an ordered stop cancels entries whatever the plan is
        self.hand: dict[Key, tuple[Mode, float]] = {}  # set by the operator, and when
        self._clock = clock
        self._paper = paper
        self._twel = twel
        self._journal = hashlib.sha256()
        self._accepted: set[str] = set()
        self._refusals: dict[tuple[str, Pside, str], deque[float]] = {}
        self._over_since: dict[Pside, float] = {}
        self._fills = 0
        self.under_way: dict[str, OrderRequest] = {}  # orders that arrive after whoever sent them has given up or died
        self.foreign_until_s: dict[str, float] = {}  # a stranger trades this symbol; what it does is not ours

    def log(self, *words: object) -> None:
        """Write a line into the journal's hash."""
        self._journal.update(f"{self._clock.true_ms()} {' '.join(map(str, words))}\n".encode())

    def digest(self) -> str:
        """Return the hash of everything that happened so far."""
        return self._journal.hexdigest()

    def broken(self, invariant: str, text: str) -> None:
        """Keep the first breach."""
        if self.breach is None:
            self.breach = Breach(invariant, int(self._clock.monotonic() // 60), sanitize_text(text))
            self.log("breach", invariant, text)

    def new_life(self, core: LoopCore) -> None:
        """Watch another life of the bot: it forgets what it was refused."""
        self.core, self.stopping = core, False
        self._refusals.clear()

    def before_create(self, request: OrderRequest) -> None:
        """Check an order that is about to be sent: I1, I4, I7, I8."""
        core, now_s = self.core, self._clock.monotonic()
        if core is None:
            return
        entry = is_entry(request.order_type)
        panic = request.order_type.startswith("close_panic")
        name = f"{request.symbol} {request.pside} {request.order_type} {request.qty} at {request.price}"
        if not any(_same(request, order) for order in core.last.decision.wanted.get(request.symbol, ())):
            self.broken("I1", f"{name} is not in the plan")
        if not entry and (not request.reduce_only or (request.side == "buy") == (request.pside == "long")):
            self.broken("I4", f"{name} closes, but could open")
        if self.bad_plan and not panic:
            self.broken("I1", f"{name} comes from a plan that cannot be")
        if now_s - self.decided_s > PLAN_OLD_S and not panic:
            self.broken("I7", f"{name} sent {now_s - self.decided_s:.0f} s after it was planned")
        if entry:
            for earlier in self.under_way.values():
                if is_entry(earlier.order_type) and (earlier.symbol, earlier.pside) == (request.symbol, request.pside):
                    self.broken("I1", f"{name} although {earlier.client_id} of its side may still arrive")
            age = core.candles.averages.age_ms(request.symbol)
            if age is None or age > FRESH_MS + 10_000:
                self.broken("I7", f"{name} although the newest candle is {age} ms old")
            if self.deaf:
                self.broken("I7", f"{name} although the order stream was known to be deaf")
        self._check_mode(request, name, entry=entry)

    def _check_mode(self, request: OrderRequest, name: str, *, entry: bool) -> None:
        set_mode = self.hand.get((request.symbol, request.pside))
        if set_mode is None or set_mode[1] >= self.decided_s:
            return
        mode = set_mode[0]
        held = self._paper.books.held(request.symbol, request.pside).size != 0.0
        forbidden = {
            Mode.MANUAL: True,
            Mode.PANIC: entry,
            Mode.TP_ONLY: entry,
            Mode.GRACEFUL_STOP: entry and not held and not self._believed(request),
            Mode.NORMAL: False,
        }
        if forbidden[mode]:
            self.broken("I8", f"{name} in mode {mode.value}")

    def _believed(self, request: OrderRequest) -> bool:
        core = self.core
        return core is not None and (request.symbol, request.pside) in core.observer.account.positions

    def before_cancel(self, order: OpenOrder) -> None:
        """Check a cancel: foreign orders are nobody's business (item 14)."""
        if not order.client_id.startswith("0x"):
            self.broken("I1", f"a foreign order of {order.symbol} was to be cancelled: {order.client_id}")
        if self.bad_plan and not self.stopping and self.core is not None and not self.core.last.decision.panicking:
            self.broken("I1", f"an order of {order.symbol} was to be cancelled by a plan that cannot be")

    def after_cancel(self, result: CancelResult) -> None:
        """Take a cancel in: the same order may be wanted, and named, again."""
        self.log("cancel", result.order.client_id, result.error.line() if result.error else "")
        if result.error is None:
            self._accepted.discard(result.order.client_id)

    def after_create(self, request: OrderRequest, result: CreateResult) -> None:
        """Check what the venue made of an order: I1, I2, and how often an intent may be refused."""
        self.log("create", request.client_id, request.symbol, request.order_type, request.qty, request.price)
        intent = (request.symbol, request.pside, request.order_type)
        now_s = self._clock.monotonic()
        if result.order is not None:
            if request.client_id in self._accepted:
                self.broken("I1", f"{request.client_id} was accepted twice")
            self._accepted.add(request.client_id)
            self._check_closing(request.symbol, request.pside)
        elif result.error is not None and hasattr(result.error, "reason"):
            self.log("refused", result.error.line())
            tries = self._refusals.setdefault(intent, deque())
            if not tries or tries[-1] != now_s:  # orders sent together are one try
                tries.append(now_s)
            while tries[0] <= now_s - MINUTE_S:
                tries.popleft()
            if len(tries) > TRIES:
                self.broken("I6", f"{' '.join(intent)} was refused {len(tries)} times within a minute")

    def _check_closing(self, symbol: str, pside: Pside) -> None:
        if self._clock.monotonic() < self.foreign_until_s.get(symbol, 0.0):
            return
        own = [resting.order for resting in self._paper.books.orders.values() if resting.order.symbol == symbol]
        own = [order for order in own if order.pside == pside and order.client_id.startswith("0x") and reduces(order)]
        closing, held = sum(order.qty for order in own), abs(self._paper.books.held(symbol, pside).size)
        if closing > held * (1 + _NOISE) + _NOISE:
            self.broken("I2", f"{symbol} {pside}: closes of {closing} rest on a position of {held}")

    def step(self) -> None:
        """Check the true account after the market has moved: I1, I2, I3."""
        seen: dict[tuple[str, Pside, str, float, float], str] = {}
        for resting in self._paper.books.orders.values():
            order = resting.order
            if not order.client_id.startswith("0x"):
                continue
            intent = (order.symbol, order.pside, order.side, order.qty, order.price)
            if intent in seen:
                self.broken("I1", f"{intent} rests twice: {seen[intent]}, {order.client_id}")
            seen[intent] = order.client_id
        for symbol, pside in self._paper.books.positions:
            self._check_closing(symbol, pside)
        self._check_fills()

    def _check_fills(self) -> None:
        """An entry may not fill where the exposure was over its limit two turns ago already."""
        new = self._paper.books.next_fill - 1 - self._fills
        if new > 0:
            for fill in self._paper.ledger.fills(self._clock.true_ms() - 3_600_000)[-new:]:
                self._take_fill(fill)
            self._fills += new
        now_s = self._clock.monotonic()
        for pside in PSIDES:
            if self._exposure(pside) > self._limit(pside):
                self._over_since.setdefault(pside, now_s)
            else:
                self._over_since.pop(pside, None)

    def _take_fill(self, fill: Fill) -> None:
        self.log("fill", fill.id, fill.symbol, fill.pside, fill.qty, fill.price, fill.client_id)
        since = self._over_since.get(fill.pside)
        if since is None or not is_entry(fill.order_type) or not fill.client_id.startswith("0x"):
            return
        if self._clock.monotonic() - since > SETTLED_S:
            self.broken("I3", f"{fill.symbol} {fill.pside} filled {fill.qty} over the exposure limit")

    def _exposure(self, pside: Pside) -> float:
        books = self._paper.books
        return sum(
            qty_to_cost(held.size, held.price, 1.0) for (_, side), held in books.positions.items() if side == pside
        )

    def _limit(self, pside: Pside) -> float:
        # One minimum order per coin may be rounded up over the limit; it is as large as the coarsest limits make it.
        return self._twel[pside] * self._paper.books.balance * 1.05 + 60.0

    def take_row(self, row: EventRow) -> None:
        """Check a line that somebody will read: I10."""
        if row.level <= 1:
            self.log("row", row.level, row.tag, row.coin, row.text)
        text = f"{row.tag} {row.coin} {row.text}"
        if self.canary in text:
            self.broken("I10", "a secret was written into the log")
        if sanitize_text(text) != text:
            self.broken("I10", f"a control character in {text!r}")


def _same(request: OrderRequest, order: object) -> bool:
    names = ("side", "pside", "qty", "price", "order_type", "kind")
    return all(getattr(request, name) == getattr(order, name) for name in names)
