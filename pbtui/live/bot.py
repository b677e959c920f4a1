"""The bot: turns at the pace of its market, error budget, ordered stop, and the port consoles talk to."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from pbtui.config import Config
from pbtui.config.effective import config_facts
from pbtui.core.actions import (
    Action,
    ActionResult,
    BacklogQuery,
    ChartQuery,
    CoinQuery,
    ConfigQuery,
    HealthQuery,
    ModeQuery,
    PanicQuery,
    Query,
    StopBot,
    StopChoice,
)
from pbtui.core.clock import Clock
from pbtui.core.errors import (
    AccountRefused,
    ExchangeError,
    LinkClosed,
    OrderRejected,
    OutcomeUnknown,
    PbtuiError,
    RateLimited,
    StateError,
    VenueUnreachable,
)
from pbtui.core.fill_pages import FillsPage, FillsQuery
from pbtui.core.history import Backlog, HealthReport
from pbtui.core.snapshot import (
    AccountHead,
    Chart,
    CoinFacts,
    ConfigFacts,
    LoopHealth,
    ModeEffect,
    PanicPreview,
    ReloadPreview,
    RunState,
    Snapshot,
)
from pbtui.exchange.port import Exchange
from pbtui.live.board import Board
from pbtui.live.calls import BUDGET, ErrorBudget
from pbtui.live.charts import chart
from pbtui.live.coin_facts import coin_facts
from pbtui.live.errors import ErrorBudgetSpent
from pbtui.live.events import EventLog
from pbtui.live.fill_pages import fills_page
from pbtui.live.health import TurnTimes, report, with_ages
from pbtui.live.memory import rss_mb
from pbtui.live.operator import Operator
from pbtui.live.outcome import Counters, Outcome, RunLimits, Summary, summarise
from pbtui.live.pacer import MinutePacer, Pacer, RealPacer, StepPacer
from pbtui.live.publish import Publisher
from pbtui.live.stepped import as_stepped
from pbtui.live.stop import wind_down
from pbtui.live.store import RunStore
from pbtui.live.turn import LoopCore, Turn

__all__ = ["Bot", "ErrorBudgetSpent", "Outcome", "RunLimits", "Summary"]

Reply = Chart | PanicPreview | ModeEffect | ReloadPreview | ConfigFacts | CoinFacts | HealthReport | Backlog | FillsPage
READ_RETRY_S = 0.5
ERROR_PAUSE_S = 1.0
FORGIVEN_READS = 10  # failed reads in a row before each further one counts as an error (live.md 3)
LONGEST_PAUSE_S = 60.0
_AWAY = (VenueUnreachable, OutcomeUnknown, RateLimited)  # no answer, or a wish for silence: a fresh bot gets no better


class Bot:
    """One account's loop; implements `link.base.BotPort`. The caller starts the exchange before and closes it after.

    `speed` counts market seconds per second of a stepped market, None or 0 = as fast as possible. A supervisor that
    replaces a bot says how often it did (`restarts`). Raises StateError when the state file in `run_dir` is corrupt.
    """

    def __init__(
        self,
        config: Config,
        exchange: Exchange,
        *,
        run_dir: Path,
        clock: Clock,
        head: AccountHead,
        speed: float | None = None,
        limits: RunLimits = RunLimits(),  # noqa: B008 - frozen
        load_config: Callable[[], Config] | None = None,
        level: int = 1,
        standing_warnings: tuple[str, ...] = (),
        restarts: int = 0,
    ) -> None:
        self.events = EventLog(exchange.now_ms, level=level)
        self.core = LoopCore(config, exchange, RunStore(run_dir), self.events, clock, on_decided=self._on_decided)
        self._exchange = exchange
        self._clock = clock
        self._limits = limits
        self._standing_warnings = standing_warnings
        self._restarts = restarts
        self._operator = Operator(self.core, self, load_config)
        self._pacer = self._make_pacer(config, speed)
        self._board = Board()
        self._publisher = Publisher(
            self.core,
            head,
            self._board,
            monotonic=clock.monotonic,
            wall_ms=clock.now_ms,
            health=self._health,
            warnings=self._warnings,
        )
        self._budget = ErrorBudget(clock.monotonic)
        self._counters = Counters()
        self._stop: StopChoice | None = None
        self._state: RunState = "starting"
        self._reason = ""
        self._failed_reads = 0
        self._last_good_ms = 0
        self._turns = TurnTimes()
        self._started_at = clock.monotonic()
        self._market_start_ms = exchange.now_ms()
        self._seen_balance = (0.0, 0.0)

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot, None before the first."""
        return self._board.latest

    async def next_snapshot(self, after_seq: int) -> Snapshot | None:
        """Wait for a snapshot newer than `after_seq`; None once the bot has ended."""
        return await self._board.after(after_seq)

    async def act(self, action: Action) -> ActionResult:
        """Take an action; a refusal is a result. Raises LinkClosed once the bot has ended."""
        if self._state in ("stopped", "finished"):
            raise LinkClosed("the bot has stopped")
        if self._state == "stopping" and not isinstance(action, StopBot):
            return ActionResult(ok=False, text="the bot is stopping", refused=True)
        result = self._operator.act(action)
        self._publisher.publish(force=True)
        return result

    async def ask(self, query: Query) -> Reply:
        """Answer a question; raises PbtuiError with the reason when it can't be answered."""
        match query:
            case ChartQuery():
                return await chart(self.core, query)
            case PanicQuery():
                return self._operator.panic_preview(query)
            case ModeQuery():
                return self._operator.mode_effect(query)
            case CoinQuery():
                return coin_facts(self.core, query)
            case ConfigQuery():
                return config_facts(self.core.rules.config)
            case HealthQuery():
                return report(self._health(), self._turns, self.core)
            case FillsQuery():
                return await fills_page(self._exchange, query)
            case BacklogQuery():
                return Backlog(self.events.tail(query.events))
            case _:
                return self._operator.reload_preview()

    def request_stop(self, choice: StopChoice | None = None) -> None:
        """Stop in order after the present turn; None treats orders as `live.on_stop` says."""
        if self._stop is None:
            self._stop = choice or _stop_choice(self.core.rules.live.on_stop)
        self._pacer.wake()

    def wake(self) -> None:
        """Take a turn soon."""
        self._pacer.wake()

    def set_speed(self, speed: float) -> bool:
        """Change a stepped market's speed; False when the market moves by itself."""
        if not isinstance(self._pacer, StepPacer):
            return False
        self._pacer.set_speed(speed)
        word = self._publisher.head.badge.split(" ", 1)[0]
        self._publisher.relabel(f"{word} {speed:g}x" if speed else f"{word} max")
        return True

    def config_changed(self) -> None:
        """Take over what a reloaded config says about the pace."""
        if isinstance(self._pacer, RealPacer):
            self._pacer.delay_s = self.core.rules.live.execution_delay_seconds

    def summary(self) -> Summary:
        """Return what was done so far."""
        elapsed = self._clock.monotonic() - self._started_at
        return summarise(self.core, self._counters, start_ms=self._market_start_ms, elapsed_s=elapsed)

    async def run(self) -> Outcome:
        """Take turns until stopped, until the data end or a limit is reached; once per object.

        Raises ErrorBudgetSpent after ten errors within an hour, StateError and AccountRefused at once.
        """
        self._started_at = self._clock.monotonic()
        self._market_start_ms = self._exchange.now_ms()
        self._exchange.wake.listeners.append(self._on_venue_event)
        self._publisher.publish(force=True)
        try:
            return await self._run()
        except PbtuiError as error:
            self._state, self._reason = "error", error.line()
            raise
        finally:
            self._exchange.wake.listeners.remove(self._on_venue_event)
            await self.core.close()
            self._publisher.publish(force=True)
            self._publisher.stop()
            self._board.end()

    async def _run(self) -> Outcome:
        reason: str = "stopped"
        while self._stop is None:
            if not await self._pacer.next_turn():
                reason = "finished"
                break
            if self._stop is not None:
                break
            await self._one_turn()
            if self._limit_reached():
                reason = "limit"
                break
        choice: StopChoice = "keep"
        if reason == "stopped" or (reason == "limit" and self._limits.max_ticks is None and not self._stepped):
            choice = self._stop or _stop_choice(self.core.rules.live.on_stop)
        self._state, self._reason = "stopping", choice.replace("_", " ")
        self._publisher.publish(force=True)
        text = await wind_down(self.core, choice, self._clock)
        await self.core.last_look()
        self._state = "finished" if reason == "finished" else "stopped"
        self._reason = text
        self.events.info("stop", f"{reason}: {text}")
        return Outcome(
            "finished" if reason == "finished" else "limit" if reason == "limit" else "stopped", text, self.summary()
        )

    @property
    def _stepped(self) -> bool:
        return self._exchange.capabilities.stepped

    def _make_pacer(self, config: Config, speed: float | None) -> Pacer:
        stepped = as_stepped(self._exchange)
        if stepped is not None:
            return StepPacer(self._clock, stepped, speed=speed or 0.0)
        if config.live.mimic_backtest_1m_delay:
            return MinutePacer(self._clock, self._exchange)
        return RealPacer(self._clock, delay_s=config.live.execution_delay_seconds)

    def _limit_reached(self) -> bool:
        if self._limits.max_ticks is not None and self._counters.ticks >= self._limits.max_ticks:
            return True
        if self._limits.for_ms is None:
            return False
        stepped = as_stepped(self._exchange)
        start = self._market_start_ms if stepped is None else stepped.first_ms
        return self._exchange.now_ms() - start >= self._limits.for_ms

    async def _one_turn(self) -> None:
        """Take a turn and react to what went wrong in it (live.md 22)."""
        began = self._clock.monotonic()
        try:
            turn = await self.core.turn()
        except (AccountRefused, StateError):
            raise
        except RateLimited as error:
            await self._count(error.line(), pause_s=error.retry_after_s, outage=True)
            return
        except ExchangeError as error:
            await self._read_failed(error)
            return
        except Exception as error:  # noqa: BLE001 - the budget turns it into a shown error and then into a restart
            self.events.trace("loop", traceback.format_exc(limit=8))
            text = error.line() if isinstance(error, PbtuiError) else f"{type(error).__name__}: {error}"
            await self._count(text, pause_s=ERROR_PAUSE_S)
            return
        self._turns.add((self._clock.monotonic() - began) * 1000)
        self._good(turn)
        # An order that the venue refuses for good, a cancel too, is the same for a fresh bot.
        faults = [error for error in turn.errors if not isinstance(error, OrderRejected)]
        if faults:
            limited = [error.retry_after_s for error in faults if isinstance(error, RateLimited)]
            away = all(isinstance(error, _AWAY) for error in faults)
            await self._count(faults[0].line(), pause_s=max(limited, default=0.0), log=False, outage=away)
        self._publisher.publish_soon()

    def _good(self, turn: Turn) -> None:
        self._failed_reads = 0
        self._counters.add(turn)
        self._last_good_ms = self._clock.now_ms()
        paused = self.core.store.state.paused
        self._state = "blocked" if turn.blocked else "paused" if paused else "running"
        self._reason = turn.blocked[0] if turn.blocked else "entries paused by the operator" if paused else ""
        account = self.core.observer.account
        balance = (account.raw, account.snapped)
        # Where all that is left is refused there is no hurry.
        stuck = turn.errors and turn.sent.created + turn.sent.cancelled == 0
        hurried = (turn.diff and not stuck) or balance != self._seen_balance or account.doubts
        if isinstance(self._pacer, RealPacer) and hurried:
            self._pacer.wake()
        self._seen_balance = balance

    async def _read_failed(self, error: ExchangeError) -> None:
        self._failed_reads += 1
        if self._failed_reads > FORGIVEN_READS:
            await self._count(error.line(), pause_s=READ_RETRY_S, outage=isinstance(error, _AWAY))
            return
        self._state, self._reason = "error", error.line()
        self.events.warn_rarely(f"read {error.line()}", "read", error.line(), every_ms=60_000)
        self._publisher.publish()
        await self._pause(READ_RETRY_S)

    async def _count(self, text: str, *, pause_s: float, log: bool = True, outage: bool = False) -> None:
        """Count an error; raises ErrorBudgetSpent with the tenth within the hour."""
        spent = self._budget.count(outage=outage)
        if log:
            self._state, self._reason = "error", text
            self.events.error("loop", text)
        self.events.warn("loop", f"error {self._budget.spent()} of {BUDGET} within the hour")
        self._publisher.publish()
        if spent:
            raise ErrorBudgetSpent(
                f"{BUDGET} errors within an hour, the last one: {text}",
                hint="the bot starts afresh",
                outage=self._budget.outage,
            )
        await self._pause(pause_s)

    async def _pause(self, seconds: float) -> None:
        # A stepped market has its own time: its next turn is a minute later anyway.
        if not self._stepped:
            await self._clock.sleep(min(seconds, LONGEST_PAUSE_S))
            self._pacer.wake()

    def _on_venue_event(self, what: str) -> None:
        if isinstance(self._pacer, RealPacer):
            self._pacer.wake()
        self.events.add(3, "wake", what)

    def _on_decided(self) -> None:
        if self.core.last.diff:
            self._publisher.publish_soon()

    def _health(self) -> LoopHealth:
        core = self.core
        found = LoopHealth(
            state=self._state,
            reason=self._reason,
            tick=self._counters.ticks,
            last_tick_ms=self._last_good_ms,
            tick_took_ms=self._turns.last_ms,
            expected_interval_ms=self._pacer.expected_interval_ms,
            rate_limited_1h=core.calls.rate_limited_1h(),
            errors_1h=self._budget.spent(),
            restarts=self._restarts,
            entries_paused=bool(core.last.blocked),
            creations_paused=core.store.state.paused,
            on_stop=core.rules.live.on_stop,
            rss_mb=rss_mb(),
        )
        return with_ages(found, core)

    def _warnings(self) -> tuple[str, ...]:
        core = self.core
        found = list(self._standing_warnings)
        derived = sorted(market.coin for market in core.coins.markets.values() if market.derived)
        if derived:
            more = f" and {len(derived) - 6} more" if len(derived) > 6 else ""
            found.append(f"limits guessed from the data: {', '.join(derived[:6])}{more}")
        if core.coins.warning:
            found.append(core.coins.warning)
        for symbol, pside in sorted(core.observer.account.positions):
            if not core.rules.side(pside).enabled:
                found.append(f"{core.coins.coin_of(symbol)} {pside}: the side is switched off, nothing protects it")
        foreign = len(core.observer.account.foreign_orders())
        if foreign:
            found.append(f"{foreign} orders are not ours: left alone, their entries count against exposure")
        return tuple(found)


def _stop_choice(text: str) -> StopChoice:
    """Return the configured treatment of orders at a stop; the config admits no other value."""
    return "keep" if text == "keep" else "cancel_all" if text == "cancel_all" else "cancel_entries"
