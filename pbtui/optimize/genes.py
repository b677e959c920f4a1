"""Gene vectors and the configurations they stand for (optimizer.md 3, 4, 11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pbtui.config import Config
from pbtui.config.schema_bot import PARAMETERS
from pbtui.core.errors import ConfigError
from pbtui.core.types import PSIDES
from pbtui.optimize.bounds import Bound, side_bounds

Genes = tuple[float, ...]
_NAMES = tuple(sorted(PARAMETERS))
SLOTS: tuple[tuple[str, str], ...] = tuple((pside, name) for pside in PSIDES for name in _NAMES)
"""Side and parameter of every gene, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneSpace:
    """The genes of a search: their bounds, and the configuration they are written into."""

    base: Config
    bounds: tuple[Bound, ...]
    digits: int
    constraints: tuple[str, ...]

    @classmethod
    def of(cls, config: Config, fine_tune: Sequence[str] = ()) -> GeneSpace:
        """Return the space a configuration describes; raises ConfigError.

        `fine_tune` names the bounds that stay open (`long_entry_grid_spacing_pct`); all others shrink to the value the
        configuration's bot has. Empty: all are searched.
        """
        settings = config.optimize
        bounds: Mapping[str, Any] = settings.bounds
        keys = [f"{pside}_{name}" for pside, name in SLOTS]
        unknown = [key for key in fine_tune if key not in keys]
        if unknown:
            raise ConfigError(f"no parameter {unknown[0]} to fine-tune", hint="write a key of optimize.bounds")
        if fine_tune:
            told = zip(keys, _values(config.data["bot"]), strict=True)
            bounds = {**bounds, **{key: [value, value] for key, value in told if key not in fine_tune}}
        found = [bound for pside in PSIDES for bound in side_bounds(bounds, _NAMES, pside)]
        constraints = tuple(settings.enable_overrides)
        space = cls(config, tuple(found), settings.round_to_n_significant_digits, constraints)
        # Data are prepared for the base: within the bounds its warm-up is that of every candidate.
        return replace(space, base=space.decode(space.encode(config)))

    def enforce(self, values: Iterable[float]) -> Genes:
        """Return the vector as it is evaluated: every gene within its bound, on its grid or rounded."""
        return tuple(bound.enforce(value, self.digits) for bound, value in zip(self.bounds, values, strict=True))

    def draw(self, random: np.random.Generator) -> Genes:
        """Return a random vector."""
        return self.enforce([bound.draw(random) for bound in self.bounds])

    def encode(self, config: Config) -> Genes:
        """Return the genes of a configuration's bot, brought within the bounds."""
        return self.enforce(_values(config.data["bot"]))

    def decode(self, genes: Genes) -> Config:
        """Return the base configuration with a bot of these genes, parameter constraints applied."""
        bot: dict[str, Any] = {pside: dict(self.base.data["bot"][pside]) for pside in PSIDES}
        for (pside, name), value in zip(SLOTS, genes, strict=True):
            bot[pside][name] = value
        for pside in PSIDES:
            _constrain(bot[pside], self.constraints)
        return replace(self.base, data={**self.base.data, "bot": {**self.base.data["bot"], **bot}})


def _values(bot: Mapping[str, Any]) -> list[float]:
    return [float(bot[pside][name]) for pside, name in SLOTS]


def _constrain(side: dict[str, Any], constraints: tuple[str, ...]) -> None:
    for name in constraints:
        if name == "lossless_close_trailing":
            kept = side["close_trailing_threshold_pct"], side["close_trailing_retracement_pct"]
            side["close_trailing_threshold_pct"] = max(kept)
        elif name in ("forward_tp_grid", "backward_tp_grid"):
            markups = sorted((side["close_grid_markup_start"], side["close_grid_markup_end"]))
            low, high = markups if name == "forward_tp_grid" else reversed(markups)
            side["close_grid_markup_start"], side["close_grid_markup_end"] = low, high
