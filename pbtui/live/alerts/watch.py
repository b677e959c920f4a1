"""What of a session is worth a message: judged from its snapshots, told at most so often."""

from __future__ import annotations

from dataclasses import dataclass

from pbtui.core.amounts import plain
from pbtui.core.clock import DAY_MS
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.core.types import Mode
from pbtui.live.alerts.settings import AlertKind, AlertSettings

_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Alert:
    """A message: its kind, and one line that no control character can be in."""

    kind: AlertKind
    text: str


@dataclass(slots=True)
class _Kept:
    """The throttle of one kind: when it was told last, and what came meanwhile."""

    told_at: float = float("-inf")
    text: str = ""
    more: int = 0


class AlertWatch:
    """Takes snapshots and the time; `due` hands out what may be told now. Times are monotonic seconds."""

    def __init__(self, settings: AlertSettings, now_s: float) -> None:
        self._settings = settings
        self._kept: dict[AlertKind, _Kept] = {}
        self._good_at = now_s
        self._tick = 0
        self._fills: tuple[int, float] | None = None  # number and profit when fills were told of last
        self._panics: frozenset[tuple[str, str]] = frozenset()
        self._errors = False
        self._restarts = 0
        self._loss_day = -1
        self._stale = False
        self._latest: Snapshot | None = None

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot seen."""
        return self._latest

    def take(self, found: Snapshot, now_s: float) -> None:
        """Look at a snapshot."""
        self._latest = found
        if found.health.tick > self._tick or found.health.tick < self._tick:
            self._tick, self._good_at = found.health.tick, now_s
            self._stale = False
        self._look_at_fills(found)
        self._look_at_panics(found)
        self._look_at_errors(found)
        self._look_at_loss(found)

    def look(self, now_s: float) -> None:
        """Look at the time: a loop that takes no good turn is stale."""
        quiet_s = now_s - self._good_at
        over = self._latest is not None and self._latest.health.state in ("stopped", "finished")
        if quiet_s > self._settings.stale_s and not self._stale and not over:
            self._stale = True
            why = f": {self._latest.health.reason}" if self._latest is not None and self._latest.health.reason else ""
            self._say("stale", f"no good turn for {quiet_s:.0f} s{why}")

    def ended(self, text: str) -> None:
        """Note that the session is over."""
        self._say("end", text)

    def healthy(self, now_s: float) -> bool:
        """Tell whether the loop takes good turns: what a heartbeat stands for."""
        return self._tick > 0 and now_s - self._good_at <= self._settings.stale_s

    def due(self, now_s: float, *, all_of_it: bool = False) -> list[Alert]:
        """Return the messages whose time has come; each is handed out once."""
        found: list[Alert] = []
        for kind, kept in self._kept.items():
            if not kept.text or (now_s - kept.told_at < self._settings.every_s and not all_of_it):
                continue
            more = f" (and {kept.more} more since the last message)" if kept.more and kind != "fill" else ""
            found.append(Alert(kind, f"{kept.text}{more}"))
            kept.told_at, kept.text, kept.more = now_s, "", 0
            if kind == "fill" and self._latest is not None:
                self._fills = (self._latest.money.n_fills, self._latest.money.realized_pnl)
        return found

    def _say(self, kind: AlertKind, text: str) -> None:
        if kind not in self._settings.events:
            return
        kept = self._kept.setdefault(kind, _Kept())
        kept.more += bool(kept.text)
        kept.text = sanitize_line(text, limit=_LIMIT)

    def _look_at_fills(self, found: Snapshot) -> None:
        if found.health.tick == 0:
            return
        money = found.money
        before = self._fills = self._fills or (money.n_fills, money.realized_pnl)
        if money.n_fills < before[0]:  # mended on disk: some never were
            self._fills = (money.n_fills, money.realized_pnl)
        if money.n_fills <= before[0]:
            return
        profit = f"{money.realized_pnl - before[1]:+.2f} {found.account.quote}"
        balance = plain(round(money.balance, 2))
        self._say("fill", f"{money.n_fills - before[0]} fill(s), profit {profit}, balance {balance}")

    def _look_at_panics(self, found: Snapshot) -> None:
        panics = frozenset((row.coin, str(row.pside)) for row in found.modes if row.effective == Mode.PANIC)
        new, self._panics = sorted(panics - self._panics), panics
        if new:
            self._say("panic", f"closing {', '.join(f'{coin} {pside}' for coin, pside in new)} at once")

    def _look_at_errors(self, found: Snapshot) -> None:
        health = found.health
        many = health.errors_1h >= self._settings.errors_1h
        if many and not self._errors:
            self._say("errors", f"{health.errors_1h} errors within the hour (10 restart the bot): {health.reason}")
        if health.restarts > self._restarts:
            self._say("errors", f"the bot was started afresh, for the {health.restarts}. time: {health.reason}")
        self._errors, self._restarts = many, health.restarts

    def _look_at_loss(self, found: Snapshot) -> None:
        limit, money = self._settings.loss_limit_pct, found.money
        day = found.market_ms // DAY_MS
        first = money.balance - money.day_pnl
        if limit <= 0.0 or first <= 0.0 or day == self._loss_day or found.health.tick == 0:
            return
        if -money.day_pnl >= limit * first:
            self._loss_day = day
            share = f"{money.day_pnl / first:+.2%} of the balance"
            self._say("loss", f"{money.day_pnl:+.2f} {found.account.quote} realised today, {share}")
