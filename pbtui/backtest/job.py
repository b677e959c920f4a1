"""What a backtest job is asked for: the words between a command line or a form and the process that runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pbtui.config import Config, load
from pbtui.config.flavours import start_draft
from pbtui.config.migrate import restructure
from pbtui.config.parse import parse_file
from pbtui.config.provenance import Origin
from pbtui.config.scenarios import scenario_label
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

CHILD = "pbtui.backtest.child"
_SCENARIOS, _AGGREGATE, _ENABLED = "backtest.scenarios", "backtest.aggregate", "backtest.suite_enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestJob:
    """One backtest, suite or repetition; `flags` are configuration keys, `now_ms` settles an end date of `now`."""

    config: Path | None = None
    flags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    base_dir: Path = Path()
    now_ms: int | None = None
    fill_plots: bool = True
    offline: bool = False
    refetch_gaps: bool = False
    repeat: Path | None = None

    def load(self) -> Config:
        """Return the configuration to run; raises ConfigError."""
        return load(self.config, command="backtest", flags=self.flags, base_dir=self.base_dir, now_ms=self.now_ms)

    def to_request(self) -> dict[str, Any]:
        """Return the job as JSON values, its paths absolute: the process may run in another folder."""
        paths = {name: str(path.absolute()) for name, path in self._paths().items() if path is not None}
        return {**asdict(self), "config": None, "repeat": None, "flags": dict(self.flags), **paths}

    @classmethod
    def of_request(cls, request: Mapping[str, Any]) -> BacktestJob:
        """Return the job of a request; raises ConfigError when it is none."""
        values = {name: value for name, value in request.items() if name in cls.__dataclass_fields__}
        try:
            paths = {
                name: Path(values[name]) for name in ("config", "base_dir", "repeat") if values.get(name) is not None
            }
            return cls(**{**values, **paths})
        except TypeError as error:
            raise ConfigError(f"no backtest job: {error}") from None

    def _paths(self) -> dict[str, Path | None]:
        return {"config": self.config, "base_dir": self.base_dir, "repeat": self.repeat}


def suite_flags(
    config: Path | None,
    flags: Mapping[str, Any],
    *,
    base_dir: Path = Path(),
    suite: bool | None = None,
    labels: Sequence[str] = (),
    suite_config: Path | None = None,
) -> dict[str, Any]:
    """Return the flags that select a suite as asked for (backtest.md 3.4).

    `labels` picks scenarios and `suite_config` is a file whose scenarios and aggregation replace the configuration's;
    both switch the suite on, unless `suite` says no. Raises ConfigError naming the labels there are.
    """
    found = dict(flags)
    if suite_config is not None:
        found |= _suite_of(suite_config)
    if labels:
        scenarios = load(config, command="backtest", flags=found, base_dir=base_dir).backtest.scenarios
        found[_SCENARIOS] = _chosen(scenarios, labels)
    if suite is not None or labels or suite_config is not None:
        found[_ENABLED] = suite is not False
    return found


def _suite_of(path: Path) -> dict[str, Any]:
    """Return scenarios and aggregation of a file, which need not be a whole configuration."""
    raw = parse_file(path)
    section = raw.get("backtest")
    written = section if isinstance(section, Mapping) else {}
    draft, _ = start_draft({"bot": {}, "live": {}, **raw}, str(path), Origin("file", str(path)))
    restructure(draft)
    found: dict[str, Any] = {}
    for name, key in ((_SCENARIOS, "scenarios"), (_AGGREGATE, "aggregate")):
        if (key in written or "suite" in written) and draft.has(("backtest", key)):
            found[name] = draft.get(("backtest", key))
    if not found:
        name = sanitize_line(path)
        raise ConfigError(f"{name}: has no suite", hint="allowed: a file with backtest.scenarios or backtest.aggregate")
    return found


def _chosen(scenarios: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    named = {scenario_label(scenario, n): dict(scenario) for n, scenario in enumerate(scenarios, 1)}
    missing = [label for label in labels if label not in named]
    if missing or not named:
        there = ", ".join(named) or "none"
        raise ConfigError(f"no scenario is called {sanitize_line(', '.join(missing))}", hint=f"there are: {there}")
    return [{**scenario, "label": label} for label, scenario in named.items() if label in labels]
