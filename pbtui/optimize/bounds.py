"""The values one gene may take: continuous or stepped ranges, rounding, indices (optimizer.md 2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from pbtui.config.bounds import BoundError, read_bound
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

_SLACK = 1e-9


def clamp(value: float, low: float, high: float) -> float:
    """Return the value, or the nearer end of the range when it lies outside."""
    return high if value > high else max(value, low)


def round_significant(value: float, digits: int) -> float:
    """Return the value with that many significant digits, ties to even; 0 and non-finite values as they are."""
    if value == 0.0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


@dataclass(frozen=True, slots=True)
class Bound:
    """A gene's range; with a step only the points low, low + step, … not above `high` count."""

    low: float
    high: float
    step: float | None = None

    @property
    def fixed(self) -> bool:
        """Whether there is but one value."""
        return self.low == self.high

    @property
    def last_index(self) -> int:
        """Index of the last grid point; 0 without a step."""
        return int((self.high - self.low + _SLACK) / self.step) if self.step else 0

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest index: of grid points where stepped, the values themselves otherwise."""
        return (0.0, float(self.last_index)) if self.step else (self.low, self.high)

    def draw(self, random: np.random.Generator) -> float:
        """Return a random value, every one alike."""
        if self.step:
            return self.low + int(random.integers(self.last_index + 1)) * self.step
        return float(random.uniform(self.low, self.high))

    def quantise(self, value: float) -> float:
        """Return the nearest allowed value; steps below 1 are rounded to the step's decimals."""
        inside = clamp(value, self.low, self.high)
        if not self.step:
            return inside
        point = self.from_index((inside - self.low) / self.step)
        if self.step < 1.0:
            point = round(point, -math.floor(math.log10(self.step)))
        return clamp(point, self.low, self.high)

    def to_index(self, value: float) -> float:
        """Return where the value stands in units of steps, not rounded; continuous values are their own index."""
        return (value - self.low) / self.step if self.step else value

    def from_index(self, index: float) -> float:
        """Return the value of the nearest valid index."""
        if not self.step:
            return clamp(index, self.low, self.high)
        return self.low + int(clamp(int(index + 0.5), 0, self.last_index)) * self.step

    def enforce(self, value: float, digits: int) -> float:
        """Return the value as it is evaluated: on the grid, or rounded to significant digits within the range."""
        if self.step:
            return self.quantise(value)
        return clamp(round_significant(value, digits), self.low, self.high)


def refuse_reversed(written: Mapping[str, Any]) -> None:
    """Raise ConfigError for a bound written from high to low: more likely a slip than meant."""
    for name, value in written.items():
        if isinstance(value, list) and len(value) in (2, 3):
            low, high = value[:2]
            if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
                raise ConfigError(
                    f"optimize.bounds.{sanitize_line(name, limit=80)}: {low:g} is above {high:g}",
                    hint="write the lower end first",
                )


def remarks_on(written: Mapping[str, Any]) -> list[str]:
    """Return a line for each bound that is taken otherwise than written: a step that does not fit, too many numbers."""
    found: list[str] = []
    for name, value in written.items():
        with suppress(BoundError):
            _, remark = read_bound(value)
            if remark:
                found.append(f"optimize.bounds.{sanitize_line(name, limit=80)}: {remark}")
    return found


def side_bounds(bounds: Mapping[str, Any], names: tuple[str, ...], pside: str) -> list[Bound]:
    """Return the bounds of one side's parameters, in that order; raises ConfigError.

    A side whose positions or total exposure can't rise above 0 is switched off: each of its bounds shrinks to its low.
    """
    found: list[Bound] = []
    for name in names:
        key = f"{pside}_{name}"
        try:
            told, _ = read_bound(bounds[key])
        except KeyError:
            raise ConfigError(f"optimize.bounds.{key} is missing") from None
        except BoundError as error:
            raise ConfigError(f"optimize.bounds.{key}: {error}") from None
        found.append(Bound(told.low, told.high, told.step))
    ceiling = dict(zip(names, (bound.high for bound in found), strict=True))
    if ceiling["n_positions"] > 0.0 and ceiling["total_wallet_exposure_limit"] > 0.0:
        return found
    return [Bound(bound.low, bound.low, bound.step) for bound in found]
