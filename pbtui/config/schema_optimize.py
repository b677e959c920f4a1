"""The `optimize` section without its bounds (config.md 5.4)."""

from __future__ import annotations

from typing import Any

from pbtui.config.keys import key
from pbtui.config.shipped import BUILT_IN_LIMITS, LIMITS, SCORING
from pbtui.core.record import record


@record(kw_only=True)
class OptimizeSettings:
    """Values of `optimize`; `bounds` maps `<side>_<parameter>` to [low, high] or [low, high, step]."""

    bounds: dict[str, list[float]]
    compress_results_file: bool = key("bool", "Write all_results.bin as deltas.", shipped=True, used_by="O")
    crossover_eta: float = key("float", "Spread index of crossover.", shipped=20, built_in=20.0, above=0, used_by="O")
    crossover_probability: float = key(
        "float",
        "Chance that a child comes from crossover; with mutation_probability at most 1.",
        shipped=0.64,
        built_in=0.7,
        low=0,
        high=1,
        used_by="O",
    )
    enable_overrides: list[str] = key(
        "names",
        "Parameter constraints applied to each candidate.",
        shipped=[],
        choices=("lossless_close_trailing", "forward_tp_grid", "backward_tp_grid", "example"),
        allowed="a list of lossless_close_trailing, forward_tp_grid, backward_tp_grid, example",
        used_by="O",
    )
    iters: int = key(
        "int", "Evaluation budget.", unit="evaluations", shipped=500_000, built_in=30_000, low=1, used_by="O"
    )
    limits: list[dict[str, Any]] = key(
        "limits", "Penalties on metrics.", shipped=LIMITS, built_in=BUILT_IN_LIMITS, used_by="O"
    )
    mutation_eta: float = key("float", "Spread index of mutation.", shipped=20, built_in=20.0, above=0, used_by="O")
    mutation_indpb: float = key(
        "float",
        "Chance of each gene to mutate; 0 = 1 ÷ number of genes.",
        shipped=0.05,
        built_in=0.0,
        low=0,
        used_by="O",
    )
    mutation_probability: float = key(
        "float", "Chance that a child comes from mutation.", shipped=0.34, built_in=0.45, low=0, high=1, used_by="O"
    )
    n_cpus: int = key("int", "Worker processes.", shipped=6, built_in=5, low=1, used_by="O")
    offspring_multiplier: float = key(
        "float",
        "Children per generation relative to the population.",
        unit="× population",
        shipped=1,
        built_in=1.0,
        above=0,
        used_by="O",
    )
    pareto_max_size: int = key("int", "Most members kept.", unit="files", shipped=500, built_in=300, low=1, used_by="O")
    population_size: int = key(
        "int", "Individuals per generation.", unit="individuals", shipped=500, built_in=1000, low=1, used_by="O"
    )
    round_to_n_significant_digits: int = key(
        "int", "Rounding of continuous genes.", unit="digits", shipped=3, built_in=5, low=1, used_by="O"
    )
    scoring: list[str] = key(
        "scoring", "Objectives, in order.", shipped=SCORING, built_in=["adg", "sharpe_ratio"], used_by="O"
    )
    write_all_results: bool = key("bool", "Write all_results.bin.", shipped=True, used_by="O")
