"""What of a bot survives its death beside the venue's state: hand modes, balance anchor, pause, panic times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from pbtui.core.errors import StateError
from pbtui.core.files import write_private
from pbtui.core.types import Mode, Pside

VERSION = 1
FILE_NAME = "bot_state.json"


class HandMode(msgspec.Struct, frozen=True):
    """A mode set by an operator; `set_ms` in the venue's time."""

    symbol: str
    pside: Pside
    mode: Mode
    by: str
    set_ms: int


class PanicSince(msgspec.Struct, frozen=True):
    """When a coin and side began to panic, in the venue's time."""

    symbol: str
    pside: Pside
    since_ms: int


class _Document(msgspec.Struct, frozen=True):
    version: int
    hand_modes: list[HandMode]
    paused: bool
    balance_anchor: float | None
    panic_since: list[PanicSince]


_DECODER = msgspec.json.Decoder(_Document)


@dataclass(slots=True)
class BotState:
    """The persistent facts in memory; change them only through `RunStore`."""

    hand_modes: dict[tuple[str, Pside], HandMode] = field(default_factory=dict)
    paused: bool = False
    balance_anchor: float | None = None
    panic_since: dict[tuple[str, Pside], int] = field(default_factory=dict)


class RunStore:
    """One JSON file in the run folder; every change is on disk (fsync, atomic rename) before the call returns.

    A disk that refuses must neither end the loop nor keep a position open: the balance anchor, panic times and what an
    `urgent` action sets are then kept in memory, `trouble` says so, and they are written as soon as that can be done.
    """

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / FILE_NAME
        self.trouble = ""
        self.state = self._load()

    def set_hand_modes(
        self, entries: list[HandMode], *, cleared: list[tuple[str, Pside]], urgent: bool = False
    ) -> None:
        """Set some hand modes and forget others, as one write; raises StateError when the disk refuses."""
        modes = dict(self.state.hand_modes)
        for key in cleared:
            modes.pop(key, None)
        for entry in entries:
            modes[(entry.symbol, entry.pside)] = entry
        self._change(replace(self.state, hand_modes=modes), urgent=urgent)

    def set_paused(self, paused: bool, *, urgent: bool = False) -> None:
        """Remember whether the operator paused creations; raises StateError."""
        self._change(replace(self.state, paused=paused), urgent=urgent)

    def set_anchor(self, anchor: float) -> None:
        """Remember the snapped balance (live.md 5.1)."""
        self._change(replace(self.state, balance_anchor=anchor), urgent=True)

    def set_panic_since(self, since: dict[tuple[str, Pside], int]) -> None:
        """Remember when running panics began."""
        self._change(replace(self.state, panic_since=dict(since)), urgent=True)

    def catch_up(self) -> None:
        """Write what the disk has refused so far."""
        if self.trouble:
            self._change(self.state, urgent=True)

    def _change(self, state: BotState, *, urgent: bool) -> None:
        try:
            self._save(state)
        except StateError as error:
            if not urgent:
                raise
            self.trouble = error.line()
        else:
            self.trouble = ""
        self.state = state

    def _load(self) -> BotState:
        try:
            document = _DECODER.decode(self.path.read_bytes())
        except FileNotFoundError:
            return BotState()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from error
        if document.version != VERSION:
            raise self._broken(f"version {document.version} is not known")
        return BotState(
            hand_modes={(entry.symbol, entry.pside): entry for entry in document.hand_modes},
            paused=document.paused,
            balance_anchor=document.balance_anchor,
            panic_since={(entry.symbol, entry.pside): entry.since_ms for entry in document.panic_since},
        )

    def _broken(self, why: str) -> StateError:
        return StateError(
            f"{self.path} cannot be read: {why}",
            hint="restore it, or delete it to forget hand-set modes and the pause",
        )

    def _save(self, state: BotState) -> None:
        panics = [PanicSince(symbol, pside, ms) for (symbol, pside), ms in sorted(state.panic_since.items())]
        entries = [state.hand_modes[key] for key in sorted(state.hand_modes)]
        document = _Document(VERSION, entries, state.paused, state.balance_anchor, panics)
        try:
            write_private(self.path, msgspec.json.format(msgspec.json.encode(document), indent=1))
        except OSError as error:
            raise StateError(f"{self.path} cannot be written: {error}", hint="free or remount the disk") from error
