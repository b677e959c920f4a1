"""The message line: what just happened, else what is wrong, else what is awaited, else standing warnings."""

from __future__ import annotations

from pbtui.console.actions import label_of
from pbtui.console.header import is_stale
from pbtui.console.numbers import age
from pbtui.console.state import ViewState
from pbtui.console.text import Line, fit, safe
from pbtui.core.actions import Action
from pbtui.core.record import record
from pbtui.core.snapshot import Snapshot

NOTE_S = 6.0
UNDO_S = 10.0


@record
class Note:
    """A message that fades; `undo` holds the actions that take the last change back."""

    text: str
    ink: str
    until: float  # monotonic seconds
    undo: tuple[Action, ...] = ()


class Notes:
    """The newest note, and the undo that may come with it."""

    def __init__(self) -> None:
        self._note: Note | None = None

    def say(self, text: str, now: float, *, ink: str = "text", undo: tuple[Action, ...] = ()) -> None:
        """Show a message for some seconds; `now` in monotonic seconds."""
        self._note = Note(safe(text), ink, now + (UNDO_S if undo else NOTE_S), undo)

    def hush(self) -> None:
        """Drop what was said last, unless something can be taken back by it."""
        if self._note is not None and not self._note.undo:
            self._note = None

    def current(self, now: float) -> Note | None:
        """Return the note that still shows."""
        if self._note is not None and now >= self._note.until:
            self._note = None
        return self._note

    def undo_ready(self, now: float) -> bool:
        """Tell whether something can be taken back."""
        note = self.current(now)
        return bool(note and note.undo)

    def take_undo(self, now: float) -> tuple[Action, ...]:
        """Return the actions that take the last change back, once."""
        note = self.current(now)
        self._note = None
        return note.undo if note else ()


def trouble(state: ViewState, snapshot: Snapshot, now_ms: int) -> Line | None:
    """Return what is wrong with the bot, None when nothing is."""
    health = snapshot.health
    if state.link_ended:
        return (("✗ ", "bad"), (f"the bot is gone: {safe(state.link_ended)}; {label_of('quit')} leaves", "bad"))
    if health.state in ("blocked", "error", "stopped"):
        reason = safe(health.reason) or "no reason given"
        return (("✗ ", "bad"), (f"{health.state}: {reason}", "bad"))
    if is_stale(snapshot, now_ms):
        seconds = (now_ms - health.last_tick_ms) / 1000
        return (("✗ ", "bad"), (f"no good tick for {age(seconds)}{_because(health.reason)}", "bad"))
    unprotected = [row for row in snapshot.positions if row.danger]
    if unprotected:
        names = ", ".join(f"{safe(row.coin, 20)} {row.pside}" for row in unprotected)
        return (
            ("✗ ", "bad"),
            (f"nothing protects {names}: its side is switched off; {label_of('mode.panic')} closes it", "bad"),
        )
    if health.state in ("paused", "finished", "stopping"):
        return (("● ", "warn"), (f"{health.state}{_because(health.reason)}", "warn"))
    return None


def _because(reason: str) -> str:
    return f": {safe(reason)}" if reason else ""


def waiting(snapshot: Snapshot) -> Line | None:
    """Return the first thing of the checklist that is not there yet."""
    for item in snapshot.readiness:
        if not item.done:
            return (("○ ", "accent"), (f"waiting for {safe(item.name)}: {safe(item.detail)}", "text"))
    return None


def standing(snapshot: Snapshot, key: str) -> Line:
    """Return the first standing warning, with the number of others and the key that shows them."""
    if not snapshot.warnings:
        return ()
    more = len(snapshot.warnings) - 1
    tail = f" (+{more} more, {key} shows all)" if more else f" ({key} shows it)"
    return (("⚠ ", "warn"), (safe(snapshot.warnings[0]), "dim"), (tail, "dim"))


def _warnings_key(state: ViewState) -> str:
    return ":warnings" if state.place == "candles" else label_of("warnings")  # that key downloads there


def message_line(state: ViewState, notes: Notes, now_ms: int, now: float, room: int) -> Line:
    """Return the line above the footer."""
    note = notes.current(now)
    if note is not None:
        left = f"  {label_of('undo')} undo ({max(1, round(note.until - now))} s)" if note.undo else ""
        return (
            (" ", "text"),
            (fit(note.text, max(0, min(room - 2 - len(left), len(note.text)))), note.ink),
            (left, "key"),
        )
    snapshot = state.snapshot
    if snapshot is None:
        return ()
    line = trouble(state, snapshot, now_ms) or waiting(snapshot) or standing(snapshot, _warnings_key(state))
    return ((" ", "text"), *_cut(line, room - 2)) if line else ()


def _cut(line: Line, room: int) -> Line:
    """Shorten the longest part of a line (its text, not its end) to fit."""
    over = sum(len(text) for text, _ in line) - room
    if over <= 0:
        return line
    longest = max(range(len(line)), key=lambda i: len(line[i][0]))
    text, ink = line[longest]
    return (*line[:longest], (fit(text, max(1, len(text) - over)).rstrip(), ink), *line[longest + 1 :])
