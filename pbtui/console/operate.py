"""What the keys that change the bot do: each behind the ritual of its danger level."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from pbtui.console.actions import MODE_OF
from pbtui.console.config.view import RISK_INKS, RISK_NOTES
from pbtui.console.dialogs.confirm import ConfirmDialog, words
from pbtui.console.dialogs.panic import CountdownDialog, PanicDialog
from pbtui.console.dialogs.quit import QuitDialog, StoppingDialog
from pbtui.console.dialogs.typed import TypedDialog
from pbtui.console.text import Line, safe
from pbtui.core.actions import (
    Action,
    ActionResult,
    ModeQuery,
    PanicAll,
    PauseCreations,
    ReloadConfig,
    ReloadQuery,
    SetMode,
    SetReplaySpeed,
    StopBot,
    StopChoice,
    Target,
)
from pbtui.core.errors import PbtuiError
from pbtui.core.snapshot import ModeEffect, ReloadPreview
from pbtui.core.types import Mode

if TYPE_CHECKING:
    from pbtui.console.app import ConsoleApp

Handler = Callable[[], Coroutine[Any, Any, None]]
_STOPS: dict[str, StopChoice] = {"cancel_entries": "cancel_entries", "keep": "keep", "cancel_all": "cancel_all"}
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*x", re.IGNORECASE)
_FASTEST, _SLOWEST, _FROM_MAX = 100_000.0, 1.0, 600.0
_NAMED = 3
_MOST_CHANGES = 20


class Operate:
    """Handlers of the actions that change the bot, and of leaving it."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self.handlers: dict[str, Handler] = {
            **{name: self._mode_handler(mode) for name, mode in MODE_OF.items() if name != "mode.panic"},
            "mode.panic": lambda: self.panic(self._app.state.targets()[0]),
            "panic.all": self.panic_all,
            "undo": self.undo,
            "bot.pause": self.pause,
            "bot.reload": self.reload,
            "bot.slower": lambda: self.change_speed(0.5),
            "bot.faster": lambda: self.change_speed(2.0),
            "lock": self.lock,
            "quit": self.quit,
        }

    async def act(self, action: Action, *, undo: Sequence[Action] = ()) -> ActionResult | None:
        """Post an action and say what came of it; None when the bot did not answer."""
        app = self._app
        try:
            result = await app.link.act(action)
        except PbtuiError as error:
            app.say(error.line(), ink="bad")
            return None
        if result.ok:
            app.say(result.text, undo=tuple(undo))
        else:
            app.say(f"refused: {safe(result.text)}" if result.refused else result.text, ink="bad")
        return result

    # -- modes ---------------------------------------------------------------------------------------------------

    def _mode_handler(self, mode: Mode | None) -> Handler:
        async def handle() -> None:
            await self.set_mode(self._app.state.targets(), mode)

        return handle

    async def set_mode(self, targets: tuple[Target, ...], mode: Mode | None) -> None:
        """Set a mode: at once with undo where it only lowers risk from normal, else after a dialog."""
        state = self._app.state
        if not targets:
            return
        before = [(target, state.hand_mode_of((target.symbol, target.pside))) for target in targets]
        effective = {state.mode_of((target.symbol, target.pside)) for target in targets}
        action = SetMode(targets, mode, by=self._app.operator)
        if mode is Mode.GRACEFUL_STOP and effective == {Mode.NORMAL}:
            await self.act(action, undo=self._restore(before))
            return
        title = f"{self.names(targets)}: {mode.value if mode else 'as the config says'}"

        async def ask() -> list[Line]:
            reply = await self._app.link.ask(ModeQuery(targets, mode))
            if not isinstance(reply, ModeEffect):
                return words("the bot did not say what this would do")
            lines = [line for text in reply.lines for line in words(text)]
            if not reply.lowers_risk:
                lines += [(), (("this may raise risk", "warn"),)]
            return lines

        if await self._app.push_screen_wait(ConfirmDialog(title, ask, "set the mode")):
            await self.act(action)

    def _restore(self, before: list[tuple[Target, Mode | None]]) -> list[Action]:
        """Return the actions that give targets their former hand modes back."""
        by_mode: dict[Mode | None, list[Target]] = {}
        for target, mode in before:
            by_mode.setdefault(mode, []).append(target)
        return [SetMode(tuple(targets), mode, by=self._app.operator) for mode, targets in by_mode.items()]

    def names(self, targets: Sequence[Target]) -> str:
        """Return targets in words: `SOL long, ETH short and 3 more`."""
        state = self._app.state
        words = [f"{safe(state.coin(target.symbol), 20)} {target.pside}" for target in targets[:_NAMED]]
        more = f" and {len(targets) - _NAMED} more" if len(targets) > _NAMED else ""
        return ", ".join(words) + more

    async def panic(self, target: Target) -> None:
        """Close one coin and side after its coin was typed under the preview."""
        coin = safe(self._app.state.coin(target.symbol), 20)
        dialog = PanicDialog(f"PANIC {coin} {target.pside}", (target,), coin)
        typed = await self._app.push_screen_wait(dialog)
        if typed:
            await self.act(SetMode((target,), Mode.PANIC, by=self._app.operator, confirm=typed))

    async def panic_all(self) -> None:
        """Close everything after the word and a countdown nobody aborted."""
        typed = await self._app.push_screen_wait(PanicDialog("PANIC: close everything", (), "PANIC"))
        if not typed:
            return
        if await self._app.push_screen_wait(CountdownDialog("PANIC: close everything")):
            await self.act(PanicAll(typed, by=self._app.operator))
        else:
            self._app.say("panic aborted: nothing was sent", ink="warn")

    async def undo(self) -> None:
        """Take the last change back."""
        for action in self._app.notes.take_undo(self._app.clock.monotonic()):
            await self.act(action)

    # -- the bot -------------------------------------------------------------------------------------------------

    async def pause(self) -> None:
        """Pause the creation of orders at once, with undo; resume it after a dialog."""
        snapshot = self._app.state.snapshot
        operator = self._app.operator
        if snapshot is not None and not snapshot.health.creations_paused:
            await self.act(PauseCreations(True, by=operator), undo=(PauseCreations(False, by=operator),))
            return

        async def ask() -> list[Line]:
            wanted = [row for row in snapshot.orders if row.state == "create"] if snapshot else []
            return words(f"The bot may create orders again; {len(wanted)} are wanted now.")

        if await self._app.push_screen_wait(ConfirmDialog("Resume the creation of orders", ask, "resume")):
            await self.act(PauseCreations(False, by=operator))

    async def reload(self) -> None:
        """Reload the config after its difference was seen."""

        async def ask() -> list[Line]:
            reply = await self._app.link.ask(ReloadQuery())
            if not isinstance(reply, ReloadPreview):
                raise PbtuiError("the bot did not say what a reload would change")
            if reply.error:
                raise PbtuiError(f"{reply.error}; the bot goes on with what it has")
            return change_lines(reply)

        if await self._app.push_screen_wait(ConfirmDialog("Reload the config", ask, "reload")):
            await self.act(ReloadConfig(by=self._app.operator))
            if self._app.state.config.facts is not None:
                await self._app.configs.look()

    async def change_speed(self, factor: float) -> None:
        """Halve or double the speed of a replay."""
        snapshot = self._app.state.snapshot
        found = _SPEED.search(snapshot.account.badge) if snapshot else None
        speed = float(found.group(1)) if found else _FROM_MAX / factor
        await self.act(SetReplaySpeed(max(_SLOWEST, min(_FASTEST, speed * factor)), by=self._app.operator))

    async def lock(self) -> None:
        """Lock at once; unlock after the account name was typed."""
        state = self._app.state
        if not state.locked:
            state.locked = True
            self._app.say("read-only: no key changes anything now")
            self._app.refresh_views()
            return
        user = state.snapshot.account.user if state.snapshot else ""
        text = f"Every action is refused. Type the account name ({safe(user, 40)}) to allow them again."
        if await self._app.push_screen_wait(TypedDialog("Read-only lock", text, user.strip())):
            state.locked = False
            self._app.say("unlocked: keys act again", ink="warn")
            self._app.refresh_views()

    # -- leaving -------------------------------------------------------------------------------------------------

    async def quit(self) -> None:
        """Leave: detach, stop, or not at all."""
        app = self._app
        if app.state.link_ended:
            app.leave("link_closed")
            return
        if app.bot_ended:
            app.leave("stopped")
            return
        way = await app.push_screen_wait(QuitDialog(app.state))
        if way == "detach":
            app.leave("detach")
        elif way in _STOPS:
            await self._stop(_STOPS[way])

    async def _stop(self, choice: StopChoice) -> None:
        app = self._app
        result = await self.act(StopBot(choice, by=app.operator))
        if result is None or not result.ok:
            return
        app.stop_asked = True
        if app.bot_ended or app.state.link_ended:
            app.leave("stopped")
        elif await app.push_screen_wait(StoppingDialog()) == "detach":
            app.leave("detach")


def change_lines(preview: ReloadPreview) -> list[Line]:
    """Return the difference a reload makes, what costs more first: key, old, new, and what else it takes."""
    changes = sorted(preview.changes, key=lambda change: (not change.needs_restart, not change.raises_risk))
    if not changes:
        return words("The file says what is in use already.")
    lines: list[Line] = []
    stuck = sum(change.needs_restart for change in changes)
    risky = sum(change.raises_risk for change in changes)
    if stuck:
        text = f"{stuck} of {len(changes)} changed keys need a restart: until then nothing of the file is taken over"
        lines += [((text, "warn"),), ()]
    elif risky:
        lines += [((f"{risky} of {len(changes)} changed keys raise risk, or may", "bad"),), ()]
    for change in changes[:_MOST_CHANGES]:
        lines.append(((safe(change.path, 60), "strong"),))
        lines.append((("  ", "text"), (safe(change.old, 40), "dim"), (" → ", "dim"), (safe(change.new, 40), "accent")))
        notes = [("needs a restart", "warn")] * change.needs_restart
        notes += [(RISK_NOTES[change.risk], RISK_INKS[change.risk])] if change.risk else []
        lines += [((f"  {text}", ink),) for text, ink in notes]
    if len(changes) > _MOST_CHANGES:
        lines.append(((f"and {len(changes) - _MOST_CHANGES} more: the config screen shows all", "dim"),))
    return lines
