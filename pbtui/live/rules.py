"""A configuration digested once for the loop: parameters per coin and side, limits, spans, forced modes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from pbtui.config import Config, params_for
from pbtui.core.types import PSIDES, Mode, Pside
from pbtui.engine.indicators import IndicatorSpans
from pbtui.engine.orchestrator import wallet_exposure_limit

Params = dict[str, float | int]
# These always come from the side, also for a coin with overrides (orchestrator.md 7.1).
SIDE_ONLY = (
    "n_positions",
    "total_wallet_exposure_limit",
    "risk_twel_enforcer_threshold",
    "unstuck_loss_allowance_pct",
)


@dataclass(frozen=True, slots=True)
class SideRules:
    """One side: parameters for the engine, and what the loop asks often. Limits are fractions of the balance."""

    pside: Pside
    params: Params
    twel: float
    n_positions: int
    enabled: bool
    forced: Mode | None
    limit: float  # of one position, without excess allowance

    def max_positions(self, approved: int) -> int:
        """Return how many positions may be open with so many approved coins (live.md 9.4)."""
        return max(0, min(self.n_positions, approved))


@dataclass(frozen=True, slots=True)
class CoinRules:
    """One coin and side, overrides applied."""

    params: Params
    limit: float
    allowed_limit: float  # with excess allowance
    forced: Mode | None
    trailing: bool


class Rules:
    """Everything the loop wants to know of a `Config`; made anew when a config is reloaded."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.live = config.live
        self.sides: dict[Pside, SideRules] = {pside: _side(config, pside) for pside in PSIDES}
        self.stop_mode = Mode.GRACEFUL_STOP if self.live.auto_gs else Mode.MANUAL
        self._coins: dict[tuple[str, Pside], CoinRules] = {}

    def side(self, pside: Pside) -> SideRules:
        """Return the rules of a side."""
        return self.sides[pside]

    def coin(self, coin: str, pside: Pside) -> CoinRules:
        """Return the rules of a coin and side."""
        found = self._coins.get((coin, pside))
        if found is None:
            found = self._coins[(coin, pside)] = self._digest(coin, pside)
        return found

    def spans(self, coin: str, pside: Pside) -> IndicatorSpans:
        """Return the averaging spans; those that rank coins always come from the side."""
        own, side = self.coin(coin, pside).params, self.side(pside).params
        return IndicatorSpans(
            ema_span_0=own["ema_span_0"],
            ema_span_1=own["ema_span_1"],
            filter_volume_ema_span=side["filter_volume_ema_span"],
            filter_volatility_ema_span=side["filter_volatility_ema_span"],
            entry_volatility_ema_span_hours=own["entry_volatility_ema_span_hours"],
        )

    def leverage(self, coin: str, *, isolated: bool = False) -> int:
        """Return the leverage to set, cut to a whole number; in isolated margin enough for what a side may hold.

        Without it the margin of one position could be more than the balance (exchanges.md 1).
        """
        wanted = int(float(self.config.live_value(coin, "leverage")))
        return max(wanted, 1, *(ceil(side.twel) for side in self.sides.values())) if isolated else wanted

    def _digest(self, coin: str, pside: Pside) -> CoinRules:
        params: Params = dict(params_for(self.config, coin, pside))
        side = self.side(pside)
        params.update({name: side.params[name] for name in SIDE_ONLY})
        own_limit = float(params["wallet_exposure_limit"])
        limit = wallet_exposure_limit(side.twel, side.n_positions, own_limit)
        params["wallet_exposure_limit"] = limit
        allowance = max(0.0, float(params["risk_we_excess_allowance_pct"]))
        trailing = params["entry_trailing_grid_ratio"] != 0 or params["close_trailing_grid_ratio"] != 0
        return CoinRules(params, limit, limit * (1.0 + allowance), self._forced_by_coin(coin, pside), trailing)

    def _forced_by_coin(self, coin: str, pside: Pside) -> Mode | None:
        return mode_of(self.config.live_value(coin, f"forced_mode_{pside}"))


def mode_of(text: object) -> Mode | None:
    """Return the mode a configuration value names; None for the empty text."""
    return Mode(str(text)) if text else None


def _side(config: Config, pside: Pside) -> SideRules:
    values = config.bot.long if pside == "long" else config.bot.short
    params: Params = dict(params_for(config, "", pside))
    twel = float(values.total_wallet_exposure_limit)
    n_positions = max(0, int(values.n_positions))
    params["n_positions"] = n_positions
    limit = wallet_exposure_limit(twel, n_positions, None)
    params["wallet_exposure_limit"] = limit
    forced = mode_of(config.live.forced_mode_long if pside == "long" else config.live.forced_mode_short)
    return SideRules(pside, params, twel, n_positions, twel > 0 and n_positions > 0, forced, limit)
