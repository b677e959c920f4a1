"""Putting the rooms together: lock, socket, market, paper account and bot of one run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.cli import logs
from pbtui.cli.plan import RunPlan
from pbtui.cli.public_data import connect, connect_again
from pbtui.core.amounts import plain
from pbtui.core.clock import Clock
from pbtui.core.errors import StateError
from pbtui.core.snapshot import AccountHead, VenueKind
from pbtui.core.system import POSIX
from pbtui.link.seats import Seats
from pbtui.link.server import LinkServer
from pbtui.live import lock
from pbtui.live.alerts.settings import alerts_file, load_alerts
from pbtui.live.lag import LagMeter
from pbtui.live.supervisor import Opened, Supervisor

if TYPE_CHECKING:
    from pbtui.config.accounts import Account
    from pbtui.exchange.paper.factory import PaperExchange
    from pbtui.exchange.port import Exchange
    from pbtui.live.alerts.service import Alerts
    from pbtui.live.bot import Bot

_BALANCE = 1_000.0


@dataclass
class Session:
    """A locked, reachable run; `supervisor.run()` makes it trade."""

    plan: RunPlan
    supervisor: Supervisor
    seats: Seats
    info: lock.LockInfo


@asynccontextmanager
async def open_session(plan: RunPlan, clock: Clock, *, linger: bool) -> AsyncIterator[Session]:
    """Lock the account, listen on its socket, and hand out the session; raises SafetyRefusal, StateError."""
    folder = lock.state_folder()
    alert_settings = load_alerts(alerts_file())
    name = lock.lock_name(plan.user, plan.exchange, _lock_key(plan))
    info = lock.LockInfo(
        name=name,
        user=plan.user,
        exchange=plan.exchange,
        kind=plan.kind,
        config_name=Path(plan.config.name).name,
        run_dir=str(plan.run_dir),
        socket=str(lock.socket_path(folder, name)),
        pid=os.getpid(),
        started_ms=clock.now_ms(),
    )
    held = lock.AccountLock.acquire(folder, info)
    session: Session | None = None
    try:
        if plan.options.fresh:
            _start_over(plan)
        meter = LagMeter(clock)
        opener = _Opener(plan, clock, held, info)
        supervisor = Supervisor(
            opener.open,
            opener.head(plan.kind),
            clock,
            max_restarts=plan.config.live.max_n_restarts_per_day,
            linger=linger,
            meter=meter,
        )
        seats = Seats(partial(supervisor.journal.say, "controls"))
        logs.install(supervisor.journal, level=log_level(plan))
        server = LinkServer(supervisor, Path(info.socket), seats, clock)
        if POSIX:
            await server.start()
        else:
            supervisor.journal.say("link", "attach, status and stop cannot reach a bot on this system: Ctrl+C ends it")
        meter.start()
        session = Session(plan, supervisor, seats, info)
        alerts: Alerts | None = None
        try:
            if alert_settings is not None and alert_settings.wanted_for(plan.user, plan.kind):
                from pbtui.live.alerts.service import open_alerts

                alerts = await open_alerts(alert_settings, supervisor, clock)
            yield session
        finally:
            if alerts is not None:
                await alerts.close()
            meter.close()
            await server.close()
            opener.release()
    finally:
        held.release()


def _lock_key(plan: RunPlan) -> str:
    """Return what must be had once only: the key of a real account, the ledger of a simulated one."""
    if plan.account is None:
        return lock.paper_key(plan.ledger)
    return lock.account_key(plan.exchange, plan.account.identity)


def _start_over(plan: RunPlan) -> None:
    from pbtui.exchange.paper.ledger import Ledger
    from pbtui.live.store import FILE_NAME

    for folder in (plan.run_dir, _synthetic_dir(plan)):
        Ledger.erase(folder / "ledger.db")
        with suppress(FileNotFoundError):
            (folder / FILE_NAME).unlink()


def _synthetic_dir(plan: RunPlan) -> Path:
    return plan.run_dir / f"synthetic-{plan.options.seed}"


class _Opener:
    """Makes the bot of a session, and makes it anew after a crash."""

    def __init__(self, plan: RunPlan, clock: Clock, held: lock.AccountLock, info: lock.LockInfo) -> None:
        self._plan = plan
        self._clock = clock
        self._held = held
        self._info = info
        self._begun_log: Path | None = None
        self._synthetic = plan.kind == "synthetic"
        self._real = False  # this session has found real data
        self._former: Bot | None = None
        self._held_by_id: lock.AccountLock | None = None

    def head(self, kind: VenueKind) -> AccountHead:
        """Return who trades where, for a market of this kind."""
        plan = self._plan
        return AccountHead(
            user=plan.user,
            exchange=plan.exchange,
            quote=plan.quote,
            kind=kind,
            badge=plan.badge(kind),
            hedge_mode=bool(plan.config.live.hedge_mode),
            config_name=self._info.config_name,
            pid=self._info.pid,
            started_ms=self._info.started_ms,
            log_path=str(self._log_file(kind).absolute()),
        )

    def _log_file(self, kind: VenueKind) -> Path:
        """Return where the log is written: where it was begun, else where a bot on this market will begin it."""
        folder = _synthetic_dir(self._plan) if kind == "synthetic" else self._plan.run_dir
        return self._begun_log or folder / "log.jsonl"

    async def open(self, session: Supervisor) -> Opened:
        """Find the market, open the account, make the bot; progress goes on the checklist."""
        session.ready("engine", done=False, detail="loading")
        await asyncio.to_thread(_import_rooms)
        session.ready("engine", done=True)
        if self._plan.account is not None:
            return await self._open_real(session, self._plan.account)
        feed, kind, warnings = await self._market(session)
        if self._info.kind != kind:
            self._info = replace(self._info, kind=kind)
            self._held.write(self._info)
        head = self.head(kind)
        session.relabel(head)
        return await self._account(session, feed, head, warnings)

    async def _open_real(self, session: Supervisor, account: Account) -> Opened:
        """Open an account with keys; its venue is waited for, however long it stays away."""
        from pbtui.cli.real_account import connect_account

        head = self.head("live")
        session.relabel(head)
        _make_private(self._plan.run_dir)
        exchange = await connect_account(self._plan, account, self._clock, session, partial(_waiting, session))
        try:
            self._hold_account(exchange.account_id)
            bot = self._bot(session, exchange, head, self._plan.run_dir, exchange.warnings)
        except BaseException:
            await exchange.close()
            raise
        return Opened(bot, head, exchange.close)

    def _hold_account(self, account_id: str) -> None:
        """Hold the account by the venue's own name of it, too: two keys of one account must not trade side by side.

        Raises SafetyRefusal when another bot does.
        """
        if not account_id or self._held_by_id is not None:
            return
        key = lock.told_account_key(self._plan.exchange, account_id)
        name = lock.lock_name("account", self._plan.exchange, key)
        self._held_by_id = lock.AccountLock.acquire(lock.state_folder(), self._info, name=name)

    def release(self) -> None:
        """Give the account back."""
        if self._held_by_id is not None:
            self._held_by_id.release()

    async def _market(self, session: Supervisor) -> tuple[Any, VenueKind, tuple[str, ...]]:
        """Return a connected feed, its kind, and what to warn of."""
        plan = self._plan
        if plan.kind == "replay":
            return await self._replay(session), "replay", ()
        if self._real:
            # A bot made anew within this session must not jump to another market under open positions.
            feed = await connect_again(plan, self._clock, session.journal, partial(_waiting, session))
            session.ready("market data", done=True, detail=plan.exchange)
            return feed, "paper", ()
        if not self._synthetic:
            session.ready("market data", done=False, detail=f"asking {plan.exchange}")
            feed, why = await connect(plan, self._clock, session.journal)
            self._real, self._synthetic = feed is not None, feed is None
            if feed is not None:
                session.ready("market data", done=True, detail=plan.exchange)
                return feed, "paper", ()
            text = f"{plan.exchange} cannot be reached ({why}): trading a SYNTHETIC market, invented prices"
            session.journal.say("market", text, level=0)
            return self._invented(session), "synthetic", (text,)
        return self._invented(session), "synthetic", ("SYNTHETIC market: invented prices",)

    async def _replay(self, session: Supervisor) -> Any:
        from pbtui.market.replay import ReplayFeed

        options = self._plan.options
        assert options.replay is not None
        session.ready("market data", done=False, detail=f"reading {options.replay}")
        feed = ReplayFeed(
            options.replay,
            exchange=self._plan.exchange,
            quote=self._plan.quote,
            coins=options.coins,
            from_ms=options.from_ms,
            to_ms=options.to_ms,
            markets_file=options.markets,
        )
        await feed.start()
        session.ready("market data", done=True, detail=str(options.replay))
        return feed

    def _invented(self, session: Supervisor) -> Any:
        from pbtui.market.synthetic import SyntheticFeed

        session.ready("market data", done=True, detail=f"SYNTHETIC, seed {self._plan.options.seed}")
        return SyntheticFeed(self._plan.options.seed, quote=self._plan.quote, coins=self._plan.options.coins)

    async def _account(self, session: Supervisor, feed: Any, head: AccountHead, warnings: tuple[str, ...]) -> Opened:
        from pbtui.exchange.paper.factory import open_paper

        run_dir = _synthetic_dir(self._plan) if head.kind == "synthetic" else self._plan.run_dir
        options = self._plan.options
        session.ready("account", done=False, detail=str(run_dir))
        _make_private(run_dir)
        named = {} if head.kind == "paper" else {"market": getattr(feed, "market_name", "")}
        try:
            exchange: PaperExchange = open_paper(
                feed,
                run_dir / "ledger.db",
                start_balance=options.balance or _BALANCE,
                hedge_mode=head.hedge_mode,
                clock=self._clock,
                **named,
            )
        except BaseException:
            await feed.close()
            raise
        try:
            await exchange.start()
            self._say_balance(session, exchange)
            session.ready("account", done=True, detail=str(run_dir))
            bot = self._bot(session, exchange, head, run_dir, (*warnings, *getattr(feed, "warnings", ())))
        except BaseException:
            await exchange.close()
            raise
        return Opened(bot, head, exchange.close)

    def _say_balance(self, session: Supervisor, exchange: PaperExchange) -> None:
        asked, stored = self._plan.options.balance, exchange.ledger.head.start_balance
        if asked is not None and asked != stored:
            began = f"this account began with {plain(stored)} {self._plan.quote}"
            text = f"{began}: --balance {plain(asked)} changes nothing"
            session.journal.say("account", f"{text} (--fresh starts over)", level=0)

    def _bot(
        self, session: Supervisor, exchange: Exchange, head: AccountHead, run_dir: Path, warnings: tuple[str, ...]
    ) -> Bot:
        from pbtui.live.bot import Bot, RunLimits
        from pbtui.live.logfile import LogFile

        options = self._plan.options
        # What the operator reloaded holds for a bot made anew after a crash, too.
        config = self._plan.config if self._former is None else self._former.core.rules.config
        if self._begun_log is None:
            self._begun_log = run_dir / "log.jsonl"
            log = LogFile(self._begun_log)
            for row in session.journal.tail():
                log(row)  # which market was found, or why none was, belongs to the record
            session.journal.subscribe(log)
        self._former = Bot(
            config,
            exchange,
            run_dir=run_dir,
            clock=self._clock,
            head=head,
            speed=options.speed,
            limits=RunLimits(max_ticks=1 if options.once else None, for_ms=options.for_ms),
            load_config=self._plan.reload,
            level=log_level(self._plan),
            standing_warnings=(*config.warnings, *warnings),
            restarts=session.restarts,
        )
        return self._former


def _waiting(session: Supervisor, why: str) -> None:
    session.ready("market data", done=False, detail=why)


def log_level(plan: RunPlan) -> int:
    """Return the level asked for, else the config's, else 1."""
    if plan.options.level is not None:
        return plan.options.level
    found = plan.config.logging.level
    return max(0, min(3, int(found)))


def _import_rooms() -> None:
    """Import what takes long, away from the event loop."""
    import pbtui.exchange.paper.factory
    import pbtui.live.bot  # noqa: F401


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StateError(f"cannot use the run folder {folder}: {error.strerror or error}") from error
