"""What the candles screen shows: what is held, a check, a download. Changed on the console's loop only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pbtui.market.audit import Finding
    from pbtui.market.survey import Survey

Pair = tuple[str, str]  # exchange, symbol
Cells = dict[int, tuple[float, str]]  # Monday → share, whose files ("shards": Passivbot's); ascending, not empty
FetchState = Literal["waiting", "running", "done", "failed", "stopped"]
MOST_FINDINGS = 5_000  # kept for the table; all are counted


@dataclass(slots=True)
class FetchRow:
    """The download of one symbol: candles dealt with and wanted, and what came of it."""

    exchange: str
    symbol: str
    coin: str
    done: int = 0
    total: int | None = None  # None until it is known what is missing
    source: str = ""
    state: FetchState = "waiting"
    text: str = ""


@dataclass(slots=True)
class Fetch:
    """A download; `rate` in candles a second, `seconds_left` None while nobody can tell."""

    name: str = ""  # of the config; empty before the first download
    running: bool = False
    doing: str = ""  # before there is progress, and what came of it at the end
    rows: dict[Pair, FetchRow] = field(default_factory=dict[Pair, FetchRow])
    done: int = 0
    total: int = 0
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(slots=True)
class Check:
    """A look for what is wrong."""

    pairs: int = 0  # symbols asked for; 0 before the first check
    running: bool = False
    doing: str = ""
    findings: list[Finding] = field(default_factory=list["Finding"])  # the first of them
    kinds: Counter[str] = field(default_factory=Counter[str])  # all of them

    @property
    def count(self) -> int:
        """Return the number of findings."""
        return self.kinds.total()


@dataclass(slots=True)
class CandlesView:
    """Everything the candles screen is drawn from, and every choice of view on it."""

    root: str = ""  # where the candles lie
    asked: bool = False  # something was read at least once
    reading: bool = False
    problem: str = ""  # why nothing could be read
    pairs: tuple[Pair, ...] = ()
    surveys: dict[Pair, Survey | str] = field(default_factory=dict[Pair, "Survey | str"])  # a text says why not
    cells: dict[Pair, Cells] = field(default_factory=dict[Pair, Cells])
    current: Pair | None = None
    week: int | None = None  # Monday of the cell under the cursor
    marked: set[Hashable] = field(default_factory=set[Hashable])
    view: int = 0
    fetch: Fetch = field(default_factory=Fetch)
    check: Check = field(default_factory=Check)
    deleting: bool = False

    def targets(self) -> list[Pair]:
        """Return what actions are about: the marked symbols, else the one under the cursor."""
        marked = [pair for pair in self.pairs if pair in self.marked]
        return marked or ([self.current] if self.current in self.pairs and self.current else [])

    def survey_of(self, pair: Pair | None) -> Survey | None:
        """Return what is known of a symbol, None while it is read or when it cannot be."""
        found = self.surveys.get(pair) if pair else None
        return None if isinstance(found, str) else found

    def take_survey(self, pair: Pair, found: Survey | str) -> None:
        """Use what was found out of a symbol."""
        self.surveys[pair] = found
        self.cells.pop(pair, None)
        if not isinstance(found, str) and found.weeks:
            self.cells[pair] = {week.start_ms: (week.share, week.source) for week in found.weeks}

    def take_pairs(self, pairs: tuple[Pair, ...]) -> None:
        """Use a new list of what is held; forgets what is gone."""
        self.pairs, self.asked = pairs, True
        here = set(pairs)
        self.surveys = {pair: found for pair, found in self.surveys.items() if pair in here}
        self.cells = {pair: cells for pair, cells in self.cells.items() if pair in here}
        self.marked &= here
        if self.current not in here:
            self.current = pairs[0] if pairs else None

    def busy_with(self) -> str:
        """Return what can be stopped, empty when nothing runs."""
        return "download" if self.fetch.running else "check" if self.check.running else ""
