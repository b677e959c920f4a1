"""What a run of a suite is a part of: enough to load the shared candles again and to cut out the same stretch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pbtui.core.errors import DataError
from pbtui.market.prepare import Request

_LISTS = ("exchanges", "coins")


@dataclass(frozen=True, slots=True)
class Part:
    """A scenario on one dataset: its dates as written, the dataset by name, the coins of it that it trades."""

    label: str
    start_date: str
    end_date: str
    ground: str
    coins: tuple[str, ...]
    request: Request

    def facts(self, base_dir: Path) -> dict[str, Any]:
        """Return the part as JSON values; a source folder below `base_dir` is named relative to it."""
        request = {**asdict(self.request), "source_dir": _named(self.request.source_dir, base_dir)}
        return {
            "label": self.label,
            "start_date": self.start_date,
            "end_date": self.end_date,
            "dataset": self.ground,
            "coins": list(self.coins),
            "request": {name: list(value) if isinstance(value, tuple) else value for name, value in request.items()},
        }

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any], base_dir: Path) -> Part:
        """Return the part that `facts` wrote; raises DataError when they are something else."""
        try:
            return cls(
                label=str(facts["label"]),
                start_date=str(facts["start_date"]),
                end_date=str(facts["end_date"]),
                ground=str(facts["dataset"]),
                coins=tuple(str(coin) for coin in facts["coins"]),
                request=_request(facts["request"], base_dir),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"run.json does not tell which candles were shared ({type(error).__name__})",
                hint="it was changed, or is of an earlier version: run the suite again",
            ) from error


def _request(written: Mapping[str, Any], base_dir: Path) -> Request:
    values = {field.name: written[field.name] for field in fields(Request)}
    for name in _LISTS:
        if values[name] is not None:
            values[name] = tuple(str(item) for item in values[name])
    source = values["source_dir"]
    values["source_dir"] = base_dir / Path(source) if source is not None else None
    return Request(**values)


def _named(folder: Path | None, base_dir: Path) -> str | None:
    if folder is None:
        return None
    return str(folder.relative_to(base_dir) if folder.is_relative_to(base_dir) else folder)
