"""Which days are searched on and which are kept unseen."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pbtui.config import Config, load_changed
from pbtui.config.dates import DAY_MS, day_text, parse_date
from pbtui.config.dump import dump
from pbtui.config.parse import parse_text
from pbtui.core.errors import ConfigError

NONE, HOLDOUT, WALK_FORWARD = "none", "holdout", "walk_forward"
_METHOD = "optimize.validation.method"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days from one midnight (UTC) to another, in epoch ms; the end is not of it."""

    start_ms: int
    end_ms: int

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.end_ms - self.start_ms) // DAY_MS

    def told(self) -> list[str]:
        """Return first day and end as dates."""
        return [day_text(self.start_ms), day_text(self.end_ms)]


@dataclass(frozen=True, slots=True)
class Split:
    """One search's days, and the days after a gap that its front is tested on."""

    train: Span
    test: Span


def splits_of(config: Config) -> tuple[Split, ...]:
    """Return the splits a configuration asks for, in the order of time; none without a method.

    A held-out tail takes its share of the days. A walk forward cuts the range into one block more than it has folds;
    fold k is searched on the blocks up to k and tested on the next one. `purge_days` before each test belong to
    neither. Raises ConfigError where days are too few, or where scenarios bring days of their own.
    """
    wanted = config.validation
    if wanted.method == NONE:
        return ()
    _refuse_own_days(config)
    start, end = (parse_date(str(config.get(f"backtest.{name}_date"))) // DAY_MS for name in ("start", "end"))
    purge = math.ceil(wanted.purge_days)
    if wanted.method == HOLDOUT:
        tests = [(end - max(1, round((end - start) * wanted.holdout_pct)), end)]
    else:
        blocks = [start + round((end - start) * n / (wanted.folds + 1)) for n in range(wanted.folds + 2)]
        tests = list(pairwise(blocks[1:]))
    found = [Split(_span(start, first - purge), _span(first, last)) for first, last in tests]
    if any(split.train.days < 1 or split.test.days < 1 for split in found):
        raise ConfigError(
            f"{_METHOD} {wanted.method}: {max(0, end - start)} days are too few to search on some and test on others",
            hint="give more days, or fewer folds and purge_days",
        )
    return tuple(found)


def _span(first: int, last: int) -> Span:
    return Span(first * DAY_MS, last * DAY_MS)


def _refuse_own_days(config: Config) -> None:
    scenarios = config.backtest.scenarios if config.backtest.suite_enabled else []
    own = [item for item in scenarios if {"start_date", "end_date"} & {name for name, value in item.items() if value}]
    if own:
        raise ConfigError(
            f"{_METHOD} {config.validation.method}: a scenario has days of its own, which would be seen",
            hint="leave start_date and end_date out of the scenarios, or set the method to none",
        )


def on_days(config: Config, span: Span, *, base_dir: Path, later_days: int = 0) -> Config:
    """Return the configuration of one backtest or search on a span, begun so many days later; it tests nothing."""
    start, end = Span(span.start_ms + later_days * DAY_MS, span.end_ms).told()
    data: dict[str, Any] = copy.deepcopy(dict(config.data))
    data["backtest"] |= {"start_date": start, "end_date": end}
    data["optimize"]["validation"] |= {"method": NONE}
    return settled(config, data, base_dir=base_dir)


def settled(config: Config, data: Mapping[str, Any], *, base_dir: Path) -> Config:
    """Return a configuration of changed values, as it is read again from a file of them."""
    changed = load_changed(config, parse_text(dump(data), config.name), base_dir=base_dir)
    return replace(changed, warnings=config.warnings)
