"""What a search is asked for on the screen: fields as typed, and the job they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pbtui.console.asking import ConfigForm, Field, scenarios_of

if TYPE_CHECKING:
    from pbtui.config import Config
    from pbtui.optimize.job import OptimizeJob

FIELDS: tuple[Field, ...] = (
    Field("config", "config"),
    Field("bounds", "bounds", "a file whose bounds go before the config's"),
    Field("population", "population", "members of a generation", "optimize.population_size"),
    Field("iterations", "iterations", "evaluations in all", "optimize.iters"),
    Field("cpus", "cpus", "threads that evaluate", "optimize.n_cpus"),
    Field("cluster", "cluster", "evaluate on a Ray cluster: its HOST:PORT, or auto"),
    Field("suite", "suite", choices=("", "on", "off")),
    Field("start", "start with", "a config, or a folder such as an earlier run's pareto"),
    Field("fine_tune", "fine-tune", "search these bounds only: long_ema_span_0, …"),
    Field("seed", "seed", "the same seed gives the same front"),
    Field("offline", "offline", choices=("", "yes")),
)
_BOUNDS = "optimize.bounds."
SEEDS = 1_000_000_000
_MOST_SEED = 2**63


@dataclass(slots=True)
class SearchForm(ConfigForm):
    """What a search is asked for."""

    fields: ClassVar[tuple[Field, ...]] = FIELDS

    def copy(self) -> SearchForm:
        """Return the form as it stands, for a thread."""
        return SearchForm(self.config, self.name, dict(self.typed))


def told_of(config: Config) -> dict[str, str]:
    """Return what a config says for each field, as short texts; raises ConfigError for bounds that cannot be."""
    from pbtui.optimize.genes import GeneSpace

    settings, labels = config.optimize, config.backtest.scenarios
    searched = sum(1 for bound in GeneSpace.of(config).bounds if not bound.fixed)
    return {
        "bounds": f"the config's, {searched} searched",
        "population": f"{settings.population_size:,}",
        "iterations": f"{settings.iters:,}",
        "cpus": f"{settings.n_cpus}",
        "cluster": "this machine",
        "suite": scenarios_of(labels, enabled=config.backtest.suite_enabled),
        "start": "random",
        "fine_tune": "all bounds",
        "seed": "drawn",
        "offline": "no",
    }


def job_of(form: SearchForm, *, base_dir: Path, now_ms: int, drawn: int) -> OptimizeJob:
    """Return the job of a form, checked as far as it can be before candles are there; raises ConfigError.

    `drawn` is the seed where none was typed.
    """
    from pbtui.backtest.job import suite_flags
    from pbtui.optimize.genes import GeneSpace
    from pbtui.optimize.job import OptimizeJob
    from pbtui.optimize.scoring import Scoring
    from pbtui.optimize.search import Search

    typed = form.typed
    flags = form.flags()
    flags |= bounds_of(_path(typed["bounds"], base_dir)) if typed.get("bounds") else {}
    job = OptimizeJob(
        config=form.config,
        flags=suite_flags(form.config, flags, base_dir=base_dir, suite=form.suite),
        base_dir=base_dir,
        now_ms=now_ms,
        offline=form.offline,
        seed=_seed(typed["seed"]) if typed.get("seed") else drawn,
        start=_path(typed["start"], base_dir) if typed.get("start") else None,
        fine_tune=tuple(word for word in typed.get("fine_tune", "").replace(",", " ").split()),
        cluster=_cluster(typed) if typed.get("cluster") else None,
    )
    config = job.load()
    Scoring.of(config)
    Search(GeneSpace.of(config, job.fine_tune), config.optimize, seed=job.seed)
    return job


def bounds_of(path: Path) -> dict[str, Any]:
    """Return the bounds of a file as configuration keys; it may be a whole config. Raises ConfigError."""
    from pbtui.config.parse import parse_file
    from pbtui.console.text import safe
    from pbtui.core.errors import ConfigError

    raw: Mapping[str, Any] = parse_file(path)
    section = raw.get("optimize", raw)
    found = section.get("bounds", section if section is raw else None) if isinstance(section, Mapping) else None
    if not isinstance(found, Mapping) or not found:
        raise ConfigError(f"{safe(path, 200)} holds no bounds", hint="write optimize.bounds, or the bounds alone")
    return {f"{_BOUNDS}{name}": value for name, value in found.items()}


def _path(text: str, base_dir: Path) -> Path:
    return base_dir / Path(text).expanduser()


def _cluster(typed: Mapping[str, str]) -> str:
    from pbtui.core.errors import ConfigError
    from pbtui.optimize.cluster_address import check_address, require_ray

    if typed.get("cpus"):
        raise ConfigError("cpus: the nodes of a cluster say how many they give", hint="leave out cpus, or cluster")
    found = check_address(typed["cluster"])
    require_ray()
    return found


def _seed(text: str) -> int:
    from pbtui.console.text import safe
    from pbtui.core.errors import ConfigError

    if not text.isdecimal() or int(text) >= _MOST_SEED:
        raise ConfigError(f"seed: {safe(text, 40)} is no number of 0 to {_MOST_SEED - 1}")
    return int(text)
