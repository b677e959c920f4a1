"""What a job tells while it runs: small typed events, one JSON line each (`from_json(to_json(event)) == event`)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, field, fields
from typing import Any, ClassVar, Literal, TypeAlias

from pbtui.core.errors import PbtuiError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line

Level: TypeAlias = Literal["info", "warning", "error"]
TEXT_LIMIT = 2_000


class BadEvent(PbtuiError):
    """A line is not an event: the other side is not one of our jobs, or was cut off while writing."""


@record
class Stage:
    """A new step of the work has begun, or its next part: `done` of `total` parts (0 of 0: not countable)."""

    type: ClassVar[str] = "stage"
    text: str
    done: int = 0
    total: int = 0


@record
class Progress:
    """How far the present step is, in its own units; `rate` per second, `left_s` is None while unknown."""

    type: ClassVar[str] = "progress"
    done: float
    total: float
    rate: float = 0.0
    left_s: float | None = None

    @property
    def share(self) -> float:
        """Return the part that is done, 0..1."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0


@record
class EquitySample:
    """Balance and equity in USD at a minute of the market; `run` names the run it belongs to (suites have many)."""

    type: ClassVar[str] = "equity"
    ts_ms: int
    balance: float
    equity: float
    run: str = ""


@record
class FillsCount:
    """Fills made so far by the present run."""

    type: ClassVar[str] = "fills"
    n: int


@record
class SearchState:
    """How far an optimisation is; `rate` in evaluations a second, `feasible` the share that keeps all limits.

    `bests` maps each objective to the best value of a feasible member, as the metric is told (more may be better).
    """

    type: ClassVar[str] = "search"
    evaluations: int
    total: int
    generation: int
    generations: int
    rate: float = 0.0
    left_s: float | None = None
    front: int = 0
    feasible: float = 0.0
    hypervolume: float | None = None
    bests: Mapping[str, Any] = field(default_factory=dict)
    paused: bool = False

    @property
    def share(self) -> float:
        """Return the part that is done, 0..1."""
        return min(max(self.evaluations / self.total, 0.0), 1.0) if self.total > 0 else 0.0


@record
class FrontPoints:
    """The front of an optimisation: the metrics that are its objectives, -1 where more is better, and all members.

    A member is `{"id", "number", "values", "violation"}`: the start of its file's name, its place in the run and its
    metrics in the order of the names, None where a limit's penalty stands in their place.
    """

    type: ClassVar[str] = "front"
    names: tuple[str, ...]
    signs: tuple[int, ...]
    members: tuple[Mapping[str, Any], ...]


@record
class Note:
    """One line for the person who waits."""

    type: ClassVar[str] = "note"
    text: str
    level: Level = "info"


@record
class Done:
    """The last event of a job that did its work."""

    type: ClassVar[str] = "done"
    result: Mapping[str, Any] = field(default_factory=dict)


@record
class Failed:
    """The last event of a job that could not: one clear line, the exit code, and what it last wrote to stderr."""

    type: ClassVar[str] = "failed"
    line: str
    exit_code: int = 1
    last_lines: tuple[str, ...] = ()


Event: TypeAlias = Stage | Progress | EquitySample | FillsCount | SearchState | FrontPoints | Note | Done | Failed
OnEvent: TypeAlias = Callable[[Event], None]
_KINDS: dict[str, type[Event]] = {
    kind.type: kind
    for kind in (Stage, Progress, EquitySample, FillsCount, SearchState, FrontPoints, Note, Done, Failed)
}


def to_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON values; figures that are not finite become null."""
    found = _json({"type": event.type, **asdict(event)})
    assert isinstance(found, dict)
    return found


def to_json(event: Event) -> str:
    """Return an event as one line of JSON, without the newline."""
    return json.dumps(to_dict(event), ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def from_json(line: str | bytes) -> Event:
    """Return the event a line holds, its texts safe to show; raises BadEvent for anything else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BadEvent(f"no event: {sanitize_line(_text(line), limit=120)}") from None
    kind = _KINDS.get(found.get("type", "")) if isinstance(found, dict) and _is_text(found.get("type")) else None
    if kind is None:
        raise BadEvent(f"no event: {sanitize_line(_text(line), limit=120)}")
    names = {item.name for item in fields(kind)}
    try:
        return kind(**{name: _check(kind, name, value) for name, value in found.items() if name in names})
    except (TypeError, ValueError, KeyError, OverflowError):
        raise BadEvent(f"a {kind.type} event with wrong figures: {sanitize_line(_text(line), limit=120)}") from None


def _check(kind: type[Event], name: str, value: Any) -> Any:
    if name in ("done", "total"):
        return _number(value) if kind is Progress else _whole(value)
    return _CHECKS[name](value)


def _text(line: str | bytes) -> str:
    return line.decode(errors="replace") if isinstance(line, bytes) else line


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    if value is None or isinstance(value, str | int):
        return value
    item: Callable[[], Any] | None = getattr(value, "item", None)
    return _json(item()) if item is not None else str(value)  # a number of numpy, or a path


def _line(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return sanitize_line(value, limit=TEXT_LIMIT)


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


def _level(value: Any) -> Level:
    if value not in ("info", "warning", "error"):
        raise ValueError(value)
    return value


def _lines(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_line(part) for part in value)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _left(value: Any) -> float | None:
    return None if value is None else _number(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _numbers_by_name(value: Any) -> Mapping[str, Any]:
    return {_line(name): _left(number) for name, number in _mapping(value).items()}


def _signs(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(_whole(part) for part in value)


def _members(value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(
        {
            "id": _line(part["id"]),
            "number": _whole(part["number"]),
            "values": tuple(_left(number) for number in part["values"]),
            "violation": _number(part["violation"]),
        }
        for part in map(_mapping, value)
    )


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "text": _line,
    "line": _line,
    "run": _line,
    "rate": _number,
    "left_s": _left,
    "ts_ms": _whole,
    "balance": _number,
    "equity": _number,
    "n": _whole,
    "level": _level,
    **dict.fromkeys(("evaluations", "generation", "generations", "front"), _whole),
    "feasible": _number,
    "hypervolume": _left,
    "bests": _numbers_by_name,
    "paused": _flag,
    "names": _lines,
    "signs": _signs,
    "members": _members,
    "result": _mapping,
    "exit_code": _whole,
    "last_lines": _lines,
}
