"""The section `optimize.validation`: how a search is held to minutes it has not seen. All keys are ours."""

from __future__ import annotations

from pbtui.config.keys import key
from pbtui.core.record import record


@record(kw_only=True)
class ValidationSettings:
    """Values of `optimize.validation`."""

    method: str = key(
        "str",
        "How a front is tested on unseen minutes: not, on a held-out tail, or fold after fold forward in time.",
        shipped="none",
        choices=("none", "holdout", "walk_forward"),
        used_by="O",
        ours=True,
    )
    holdout_pct: float = key(
        "float",
        "Share of the days that a held-out tail takes.",
        shipped=0.25,
        above=0,
        high=0.9,
        used_by="O",
        ours=True,
    )
    folds: int = key("int", "Searches of a walk forward.", shipped=3, low=2, high=50, used_by="O", ours=True)
    purge_days: float = key(
        "float",
        "Days left out between what is searched on and what is tested on.",
        unit="days",
        shipped=1.0,
        low=0,
        used_by="O",
        ours=True,
    )
    jitter_pct: float = key(
        "float",
        "How far each parameter is moved, at most, to see whether a member stands on a needle's point.",
        shipped=0.03,
        low=0,
        high=0.5,
        used_by="O",
        ours=True,
    )
    jitter_runs: int = key(
        "int", "Runs of each member with moved parameters.", shipped=8, low=0, high=1000, used_by="O", ours=True
    )
    start_jitter_days: int = key(
        "int",
        "Runs of each member that begin one, two, … days later; 0: none.",
        unit="days",
        shipped=2,
        low=0,
        high=60,
        used_by="O",
        ours=True,
    )
