"""What an optimisation is asked for: the words between a command line or a form and the process that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pbtui.config import Config, load, load_changed
from pbtui.config.dump import dump
from pbtui.config.parse import parse_text
from pbtui.core.errors import ConfigError
from pbtui.optimize.bounds import refuse_reversed, remarks_on

CHILD = "pbtui.optimize.child"
_BOUNDS = "optimize.bounds."
_PATHS = ("config", "base_dir", "start", "resume")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizeJob:
    """A new run, or with `resume` the folder of one to go on with; `flags` are configuration keys.

    `now_ms` settles an end date of `now`; `cpus` None: as many as the configuration says. With `cluster` the nodes of
    the Ray cluster at that address evaluate, with all CPUs they have there.
    """

    config: Path | None = None
    flags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    base_dir: Path = Path()
    now_ms: int | None = None
    offline: bool = False
    refetch_gaps: bool = False
    seed: int = 0
    start: Path | None = None
    fine_tune: tuple[str, ...] = ()
    resume: Path | None = None
    cpus: int | None = None
    cluster: str | None = None

    def load(self) -> Config:
        """Return the configuration of a new run, as it is read again from the run's folder; raises ConfigError."""
        found = load(self.config, command="optimize", flags=self.flags, base_dir=self.base_dir, now_ms=self.now_ms)
        given = _written_bounds(found.raw) | _flagged_bounds(self.flags)
        refuse_reversed(given)
        written = parse_text(dump(found.data), found.name)
        settled = load_changed(found, written, base_dir=self.base_dir)
        return replace(settled, warnings=(*found.warnings, *remarks_on(given)))

    def to_request(self) -> dict[str, Any]:
        """Return the job as JSON values, its paths absolute: the process may run in another folder."""
        found = {**asdict(self), "flags": dict(self.flags), "fine_tune": list(self.fine_tune)}
        for name in _PATHS:
            path: Path | None = getattr(self, name)
            found[name] = str(path.absolute()) if path is not None else None
        return found

    @classmethod
    def of_request(cls, request: Mapping[str, Any]) -> OptimizeJob:
        """Return the job of a request; raises ConfigError when it is none."""
        values = {name: value for name, value in request.items() if name in cls.__dataclass_fields__}
        try:
            paths = {name: Path(values[name]) for name in _PATHS if values.get(name) is not None}
            return cls(**{**values, **paths, "fine_tune": tuple(values.get("fine_tune", ()))})
        except TypeError as error:
            raise ConfigError(f"no optimisation: {error}") from None


def _written_bounds(raw: Mapping[str, Any]) -> dict[str, Any]:
    section = raw.get("optimize")
    bounds = section.get("bounds") if isinstance(section, Mapping) else None
    return dict(bounds) if isinstance(bounds, Mapping) else {}


def _flagged_bounds(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(_BOUNDS): value for name, value in flags.items() if name.startswith(_BOUNDS)}
