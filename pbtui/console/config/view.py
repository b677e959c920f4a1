"""What the config screen shows: the running bot's configuration or that of a file, and every choice of view."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from pbtui.core.snapshot import ConfigFacts, ConfigProblem, ReloadPreview

# What a live bot does not use starts folded.
FOLDED = frozenset({"backtest", "optimize", "optimize.bounds"})
RISK_INKS = {"raises": "bad", "may raise": "warn", "lowers": "text"}
RISK_NOTES = {"raises": "raises risk", "may raise": "may raise risk", "lowers": "lowers risk"}


@dataclass(slots=True)
class ConfigView:
    """Everything the config screen draws, but for modes set by hand: those are in the snapshot."""

    file: Path | None = None  # None: what the bot runs on
    facts: ConfigFacts | None = None
    preview: ReloadPreview | None = None  # the bot's file as it is on disk now
    faults: tuple[ConfigProblem, ...] = ()  # of the file looked at
    problem: str = ""  # why there is nothing new to see
    reading: bool = False
    editing: bool = False
    only_changed: bool = False
    folded: set[str] = field(default_factory=lambda: set(FOLDED))
    current: Hashable | None = None

    def editable(self) -> Path | None:
        """Return the file that an editor would open, None where there is none."""
        if self.file is not None:
            return self.file
        return Path(self.facts.file) if self.facts is not None and self.facts.file else None

    def wrong(self) -> tuple[ConfigProblem, ...]:
        """Return the faults of the file on disk."""
        if self.file is not None:
            by_key, whole = self.faults, self.problem
        else:
            by_key, whole = (self.preview.problems, self.preview.error) if self.preview is not None else ((), "")
        return by_key or ((ConfigProblem("", whole),) if whole else ())

    def trouble(self) -> str:
        """Return in one line why the file cannot be used, empty when it can."""
        if self.problem:
            return self.problem
        return self.preview.error if self.file is None and self.preview is not None else ""
