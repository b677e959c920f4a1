"""What an operator may do to a running bot, and what may be asked of it. Refusals are answers, not exceptions."""

from __future__ import annotations

from typing import Protocol

from pbtui.core.actions import (
    Action,
    ActionResult,
    ModeQuery,
    PanicAll,
    PanicQuery,
    PauseCreations,
    ReloadConfig,
    SetMode,
    SetReplaySpeed,
    StopBot,
    StopChoice,
    Target,
)
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import ModeEffect, PanicPreview
from pbtui.core.types import Mode, OrderKind
from pbtui.live import reload
from pbtui.live.account import reduces
from pbtui.live.keys import Key
from pbtui.live.panic import panic_items, preview
from pbtui.live.rows import STOPS
from pbtui.live.store import HandMode
from pbtui.live.turn import LoopCore

# How much risk a mode lets grow; manual is apart: it also stops what reduces risk.
_RISK = {Mode.PANIC: 0, Mode.TP_ONLY: 1, Mode.GRACEFUL_STOP: 2, Mode.NORMAL: 3}


class Controls(Protocol):
    """What of the bot itself actions need."""

    def request_stop(self, choice: StopChoice | None = None) -> None:
        """Stop in order."""
        ...

    def wake(self) -> None:
        """Take a turn soon."""
        ...

    def set_speed(self, speed: float) -> bool:
        """Change a stepped market's speed; False when the market moves by itself."""
        ...

    def config_changed(self) -> None:
        """Take over what a reloaded config says about the pace."""
        ...


class Operator:
    """Takes actions: what persists is on disk before it is acted on; pauses and panics do not wait for a full one."""

    def __init__(self, core: LoopCore, controls: Controls, load_config: reload.Loader | None) -> None:
        self._core = core
        self._controls = controls
        self._load_config = load_config

    def act(self, action: Action) -> ActionResult:
        """Take an action."""
        try:
            result = self._dispatch(action)
        except PbtuiError as error:
            return ActionResult(ok=False, text=error.line())
        self._core.events.info("action", f"{sanitize_line(action.by)}: {result.text}")
        if result.ok:
            self._controls.wake()
        return result

    def _dispatch(self, action: Action) -> ActionResult:
        match action:
            case SetMode():
                return self._set_mode(action)
            case PanicAll():
                return self._panic_all(action)
            case PauseCreations():
                self._core.store.set_paused(action.paused, urgent=action.paused)
                text = "entries paused" if action.paused else "entries resumed"
                return ActionResult(ok=True, text=f"{text}{self._not_written()}")
            case ReloadConfig():
                return self._reload()
            case StopBot():
                self._controls.request_stop(action.choice)
                return ActionResult(ok=True, text=f"stopping: {action.choice.replace('_', ' ')}")
            case SetReplaySpeed():
                return self._set_speed(action.speed)

    def _set_mode(self, action: SetMode) -> ActionResult:
        keys: list[Key] = [(target.symbol, target.pside) for target in action.targets]
        if not self._core.started:
            return ActionResult(ok=False, text="the venue's markets are not read yet; try again in a moment")
        unknown = [symbol for symbol, _ in keys if symbol not in self._core.coins.markets]
        if unknown or not keys:
            named = sanitize_line(", ".join(unknown[:3])) or "no coin"
            return ActionResult(ok=False, text=f"{named} is not traded here", unknown=True)
        coins = {self._core.coins.coin_of(symbol) for symbol, _ in keys}
        if action.mode is Mode.PANIC and {action.confirm.strip().upper()} != {coin.upper() for coin in coins}:
            return _refusal(f"panic needs the coin as confirmation: {', '.join(sorted(coins))}")
        names = ", ".join(f"{self._core.coins.coin_of(symbol)} {pside}" for symbol, pside in keys[:6])
        names += f" and {len(keys) - 6} more" if len(keys) > 6 else ""
        if action.mode is None:
            self._core.store.set_hand_modes([], cleared=list(keys))
            return ActionResult(ok=True, text=f"{names}: back to the config's mode")
        self._store_modes(keys, action.mode, action.by)
        return ActionResult(ok=True, text=f"{names}: {action.mode.value}{self._not_written()}")

    def _store_modes(self, keys: list[Key], mode: Mode, by: str) -> None:
        now = self._core.exchange.now_ms()
        entries = [HandMode(symbol, pside, mode, sanitize_line(by), now) for symbol, pside in keys]
        # A full disk must not keep anybody from closing.
        self._core.store.set_hand_modes(entries, cleared=[], urgent=mode is Mode.PANIC)

    def _not_written(self) -> str:
        trouble = self._core.store.trouble
        return f"; a restart would forget it: {trouble}" if trouble else ""

    def _panic_all(self, action: PanicAll) -> ActionResult:
        if action.confirm != "PANIC":
            return _refusal("closing everything needs the word PANIC as confirmation")
        core = self._core
        account = core.observer.account
        if not account.read:
            # Nobody knows yet what there is to close: saying that it is being closed would be a lie.
            return ActionResult(ok=False, text="the account is not read yet; try again in a moment")
        keys: set[Key] = set(account.positions) | set(core.last.decision.modes.modes)
        keys |= {(order.symbol, order.pside) for order in account.own_orders()}
        known = sorted(key for key in keys if key[0] in core.coins.markets)
        # Paused first: no coin may be opened elsewhere while the others close.
        core.store.set_paused(True, urgent=True)
        self._store_modes(known, Mode.PANIC, action.by)
        text = f"closing {len(account.positions)} positions; entries stay paused{self._not_written()}"
        return ActionResult(ok=True, text=text)

    def _reload(self) -> ActionResult:
        found, fresh = reload.preview(self._core.rules.config, self._load_config)
        if fresh is None:
            return ActionResult(ok=False, text=found.error)
        stuck = [change.path for change in found.changes if change.needs_restart]
        if stuck:
            return _refusal(f"needs a restart: {', '.join(stuck[:4])}; nothing was changed")
        self._core.use_config(fresh)
        self._controls.config_changed()
        return ActionResult(ok=True, text=f"config loaded again, {len(found.changes)} keys changed")

    def _set_speed(self, speed: float) -> ActionResult:
        if not 0.0 <= speed < float("inf"):
            return _refusal("a speed is a positive number, or 0 for as fast as possible")
        if not self._controls.set_speed(speed):
            return _refusal("this market moves by itself")
        return ActionResult(ok=True, text=f"speed {speed:g}" if speed else "as fast as possible")

    def panic_preview(self, query: PanicQuery) -> PanicPreview:
        """Return exactly what a panic would send now."""
        core = self._core
        account = core.observer.account
        asked: set[Key] = {(target.symbol, target.pside) for target in query.targets}
        keys = asked or set(account.positions)
        at_once = core.rules.live.market_orders_allowed and core.exchange.capabilities.market_orders
        kind: OrderKind = "market" if at_once else "limit"
        kinds: dict[Key, OrderKind] = dict.fromkeys(keys, kind)
        return preview(panic_items(kinds, account, core.coins.markets), account, kinds)

    def reload_preview(self) -> reload.ReloadPreview:
        """Return what a reload would change."""
        return reload.preview(self._core.rules.config, self._load_config)[0]

    def mode_effect(self, query: ModeQuery) -> ModeEffect:
        """Return in words what setting a mode would do."""
        lines: list[str] = []
        lowers = bool(query.targets)
        for target in query.targets:
            line, lower = self._effect(target, query.mode)
            lines.append(line)
            lowers = lowers and lower
        return ModeEffect(tuple(lines), lowers)

    def _effect(self, target: Target, wanted: Mode | None) -> tuple[str, bool]:
        core = self._core
        key: Key = (target.symbol, target.pside)
        decision = core.last.decision
        before = decision.modes.get(*key)
        after = decision.configured.get(*key) if wanted is None else wanted
        own = [order for order in core.observer.account.own_orders() if (order.symbol, order.pside) == key]
        entries = sum(not reduces(order) for order in own)
        parts = [f"{core.coins.coin_of(target.symbol)} {target.pside}: {before.value} → {after.value}"]
        if after in (Mode.TP_ONLY, Mode.PANIC) and entries:
            parts.append(f"cancels {entries} resting entries")
        if after is Mode.PANIC and key in core.observer.account.positions:
            parts.append("closes the position at once")
        if after is Mode.MANUAL:
            parts.append(f"leaves position and {len(own)} orders alone")
        if after is Mode.NORMAL:
            parts.append("may open and add to the position")
        elif STOPS[after]:
            parts.append(f"stops {STOPS[after]}")
        lower = before in _RISK and after in _RISK and _RISK[after] < _RISK[before]
        return "; ".join(parts), lower


def _refusal(text: str) -> ActionResult:
    return ActionResult(ok=False, text=text, refused=True)
