"""Choosing from a front: filters, order, and the member nearest to an ideal (optimizer.md 15; tools.md 2)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.optimize.results import Results, Stored

Floats = NDArray[np.float64]
MODES = ("weighted", "min", "utopian", "percentile", "midrange", "geomedian", "knee", "lexicographic")
_LETTERS = {"m": "min", "w": "weighted", "u": "utopian", "p": "percentile", "mi": "midrange", "g": "geomedian"}
_LETTERS |= {"k": "knee", "l": "lexicographic"}
_EXPRESSION = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(<=|>=|<|>|==|=)\s*(\S+)\s*")
_CHECKS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
}


@dataclass(frozen=True, slots=True)
class Picked:
    """The chosen member's place, every member's normalised distance, and the ideal they are counted from.

    A member that breaks a limit has none: its distance is infinite where others keep the limits.
    """

    place: int
    distances: tuple[float, ...]
    ideal: tuple[float, ...]


def mode_named(text: str) -> str:
    """Return the mode a name or its first letters mean; raises ConfigError."""
    word = text.strip().lower()
    found = _LETTERS.get(word) or next((mode for mode in MODES if len(word) > 1 and mode.startswith(word)), None)
    if found is None:
        raise ConfigError(f"{sanitize_line(text, limit=40)} is no way to pick", hint=f"allowed: {', '.join(MODES)}")
    return found


def keep_those(results: Results, expressions: Sequence[str]) -> list[Stored]:
    """Return the members that satisfy every `metric<=number`; one that lacks the metric is kept. Raises ConfigError."""
    members = list(results.members)
    for text in expressions:
        match = _EXPRESSION.fullmatch(text)
        number = _number(match.group(3)) if match else None
        if match is None or number is None:
            raise ConfigError(f"{sanitize_line(text, limit=80)} is no filter", hint="write for instance adg>=0.001")
        key = check_key(results, match.group(1))
        holds = _CHECKS[match.group(2)]
        members = [item for item in members if (told := item.value(key)) is None or holds(told, number)]
    return members


def sort_by(members: Sequence[Stored], results: Results, key: str) -> list[Stored]:
    """Return members ordered by a key, ascending, or descending with a `-` before it; those without it come last."""
    name = check_key(results, key.removeprefix("-"))
    sign = -1.0 if key.startswith("-") else 1.0

    def order(item: Stored) -> tuple[bool, float]:
        told = item.value(name)
        return told is None, 0.0 if told is None else sign * told

    return sorted(members, key=order)


def check_key(results: Results, key: str) -> str:
    """Return the key when members know it; raises ConfigError."""
    if not any(item.knows(key) for item in results.members):
        raise ConfigError(
            f"{sanitize_line(key, limit=80)} is nothing these members tell",
            hint="a metric, a metric with .min, .max, .mean, .std or .oos, or w_0, w_1 …; see them with --metrics",
        )
    return key


def chosen_objectives(results: Results, names: Sequence[str]) -> tuple[str, ...]:
    """Return the objectives to pick by, in the order named; all when none is. Raises ConfigError."""
    known = results.objectives
    found: list[str] = []
    for name in names:
        place = int(name[2:]) if name.startswith("w_") and name[2:].isdigit() else -1
        match = (
            known[place] if 0 <= place < len(known) else next((k for k in known if k in (name, f"{name}_usd")), None)
        )
        if match is None:
            raise ConfigError(f"{sanitize_line(name, limit=80)} is no objective", hint=f"there are: {', '.join(known)}")
        found.append(match)
    return tuple(dict.fromkeys(found)) or known


def pick(
    members: Sequence[Stored], objectives: Sequence[str], mode: str = "weighted", *,
    weights: Sequence[float] = (), tolerance: float = 0.0, unseen: bool = False,
) -> Picked:  # fmt: skip
    """Choose the member closest to the mode's ideal; raises ConfigError for no members and a wrong count of weights.

    `weights`: of mode weighted, 0 (the best) to 1 (the worst) for each objective; one counts for all. `knee` takes the
    member with the least sum of normalised objectives; `lexicographic` the best in the first objective, of those within
    `tolerance` of its range the best in the second, and so on. `unseen`: by what they are on days that the search has
    not seen; raises ConfigError where nothing is known of that. Members that break a limit have the penalty in place of
    objectives: they are not picked, and do not stretch the ranges, unless there are no others.
    """
    if not members:
        raise ConfigError("no member is left to pick from", hint="loosen the limits")
    told = [_unseen(item) if unseen else item.objectives for item in members]
    values = np.array([[each[name] for name in objectives] for each in told], dtype=float)
    broken = np.array([item.violation != 0.0 for item in members])
    broken &= not broken.all()
    keep = np.flatnonzero(~broken)
    good = values[keep]
    low, high = good.min(axis=0), good.max(axis=0)
    ideal = low if mode in ("knee", "lexicographic") else _ideal(good, mode, _weights(weights, len(objectives)))
    scaled, at = _normalised(values, low, high), _normalised(ideal, low, high)
    far = np.where(broken, np.inf, np.sqrt(((scaled - at) ** 2).sum(axis=1)))
    if mode == "knee":
        place = int(scaled[keep].sum(axis=1).argmin())
    elif mode == "lexicographic":
        place = _first_in_turn(good, np.where(high > low, high - low, 0.0) * tolerance)
    else:
        place = int(far[keep].argmin())
    return Picked(int(keep[place]), tuple(far.tolist()), tuple(ideal.tolist()))


def spread(members: Sequence[Stored], objectives: Sequence[str], count: int) -> list[Stored]:
    """Return `count` members that lie far apart in these objectives, in the order in which they were given.

    The first is the one nearest to the mean, each further one the farthest from those taken (tools.md 4); of two that
    are equally far the earlier. Objectives count in units of their standard deviation.
    """
    if len(members) <= count:
        return list(members)
    values = np.array([[item.objectives[name] for name in objectives] for item in members], dtype=float)
    width = values.std(axis=0)
    places = (values - values.mean(axis=0)) / np.where(width > 0.0, width, 1.0)
    taken = [int((places**2).sum(axis=1).argmin())]
    far = np.full(len(members), np.inf)
    while len(taken) < count:
        far = np.minimum(far, ((places - places[taken[-1]]) ** 2).sum(axis=1))
        far[taken] = -1.0
        taken.append(int(far.argmax()))
    return [members[place] for place in sorted(taken)]


def _unseen(item: Stored) -> Mapping[str, float]:
    if item.unseen is None:
        raise ConfigError(
            f"nothing is known of {sanitize_line(item.id, limit=12)} out of sample",
            hint="optimise with optimize.validation.method holdout or walk_forward",
        )
    return item.unseen


def _weights(given: Sequence[float], count: int) -> Floats:
    if len(given) not in (0, 1, count):
        raise ConfigError(f"{len(given)} weights for {count} objectives", hint="give one for all, or one for each")
    return np.array(given if len(given) == count else list(given or [0.0]) * count, dtype=float)


def _ideal(values: Floats, mode: str, weights: Floats) -> Floats:
    low, high = values.min(axis=0), values.max(axis=0)
    match mode:
        case "weighted":
            return low + weights * (high - low)
        case "utopian":
            return low - 0.001 * (high - low)
        case "percentile":
            return np.percentile(values, 10, axis=0)
        case "midrange":
            return (low + high) / 2.0
        case "geomedian":
            return _geomedian(values)
        case _:
            return low


def _geomedian(values: Floats) -> Floats:
    at = values.mean(axis=0)
    for _ in range(10):
        far = np.sqrt(((values - at) ** 2).sum(axis=1))
        inverse = np.divide(1.0, far, out=np.zeros_like(far), where=far > 0.0)
        if inverse.sum() == 0.0:
            return at
        moved = (values * inverse[:, None]).sum(axis=0) / inverse.sum()
        if np.allclose(at, moved, rtol=1e-5, atol=1e-9):
            return moved
        at = moved
    return at


def _normalised(values: Floats, low: Floats, high: Floats) -> Floats:
    spread = high - low
    return np.where(spread > 0.0, (values - low) / np.where(spread > 0.0, spread, 1.0), values)


def _first_in_turn(values: Floats, slack: Floats) -> int:
    left = np.arange(len(values))
    for column in range(values.shape[1]):
        told = values[left, column]
        left = left[told <= told.min() + slack[column]]
    return int(left[0])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
