"""The formula behind each kind of order, with the parameters that go into it (docs/strategy.md; orders.md 3 to 5).

Written once for both sides: `{touch}` is the price at which an order would just rest, `{edge}` min for long and max for
short, `{away}` − for long and + for short, `{band}` the band an entry hangs on and `{exit}` that of an unstuck close.
"""

from __future__ import annotations

from pbtui.core.record import record
from pbtui.core.types import Pside

_FIRST = (
    "price = {edge}( {touch}, {band} band × (1 {away} entry_initial_ema_dist) )",
    "size = balance × limit × entry_initial_qty_pct ÷ price, never below the venue's minimum",
)
_GRID = (
    "distance = entry_grid_spacing_pct × ( 1 + fill × entry_grid_spacing_we_weight"
    " + vol × entry_grid_spacing_volatility_weight )",
    "price = {edge}( {touch}, entry × (1 {away} distance) )",
    "size = position × entry_grid_double_down_factor, at least a first entry",
)
_TRAIL_IN = (
    "armed when the price went beyond entry × (1 {away} threshold), fired when it came back by retracement",
    "threshold = entry_trailing_threshold_pct × ( 1 + fill × …_we_weight + vol × …_volatility_weight ),"
    " retracement likewise",
    "price = {edge}( {touch}, entry × (1 {away} threshold {back} retracement) )",
    "size = position × entry_trailing_double_down_factor, at least a first entry",
)
_FIRST_KEYS = ("entry_initial_ema_dist", "entry_initial_qty_pct", "ema_span_0", "ema_span_1", "wallet_exposure_limit")
_GRID_KEYS = (
    "entry_grid_spacing_pct", "entry_grid_spacing_we_weight", "entry_grid_spacing_volatility_weight",
    "entry_grid_double_down_factor", "entry_initial_qty_pct", "wallet_exposure_limit", "risk_we_excess_allowance_pct",
)  # fmt: skip
_TRAIL_KEYS = (
    "entry_trailing_grid_ratio", "entry_trailing_threshold_pct", "entry_trailing_threshold_we_weight",
    "entry_trailing_threshold_volatility_weight", "entry_trailing_retracement_pct",
    "entry_trailing_retracement_we_weight", "entry_trailing_retracement_volatility_weight",
    "entry_trailing_double_down_factor", "wallet_exposure_limit",
)  # fmt: skip
_CROP = "cut so that the position ends at its limit: limit = wallet_exposure_limit × (1 + risk_we_excess_allowance_pct)"
_INFLATE = "enlarged to end at the limit: what would be left is less than a quarter of entry_grid_double_down_factor"


@record
class Formula:
    """Lines of a formula, and the parameters in it."""

    lines: tuple[str, ...]
    keys: tuple[str, ...]


FORMULAS: dict[str, Formula] = {
    "entry_initial": Formula(_FIRST, _FIRST_KEYS),
    "entry_initial_partial": Formula((*_FIRST, "less what is held already"), _FIRST_KEYS),
    "entry_grid": Formula(_GRID, _GRID_KEYS),
    "entry_grid_cropped": Formula((*_GRID, _CROP), _GRID_KEYS),
    "entry_grid_inflated": Formula((*_GRID, _INFLATE), _GRID_KEYS),
    "entry_trailing": Formula(_TRAIL_IN, _TRAIL_KEYS),
    "entry_trailing_cropped": Formula((*_TRAIL_IN, _CROP), _TRAIL_KEYS),
    "close_grid": Formula(
        (
            "from = entry × (1 {back} close_grid_markup_start), to = entry × (1 {back} close_grid_markup_end)",
            "price = {far}( {exit_touch}, from + (to − from) × min(1, fill) )",
            "size = full position × close_grid_qty_pct, and whatever exceeds a full position",
        ),
        ("close_grid_markup_start", "close_grid_markup_end", "close_grid_qty_pct", "close_trailing_grid_ratio"),
    ),
    "close_trailing": Formula(
        (
            "armed when the price went beyond entry × (1 {back} close_trailing_threshold_pct),"
            " fired when it came back by close_trailing_retracement_pct",
            "price = {far}( {exit_touch}, entry × (1 {back} threshold {away} retracement) )",
            "size = full position × close_trailing_qty_pct, and whatever exceeds a full position",
        ),
        (
            "close_trailing_grid_ratio", "close_trailing_threshold_pct", "close_trailing_retracement_pct",
            "close_trailing_qty_pct",
        ),
    ),
    "close_unstuck": Formula(
        (
            "stuck when fill > unstuck_threshold; closes once the price is back at {exit} band × (1 {back}"
            " unstuck_ema_dist)",
            "size = balance × limit × unstuck_close_pct ÷ price, less where the loss allowance is short",
            "allowance = peak × ( unstuck_loss_allowance_pct × total_wallet_exposure_limit − (1 − balance ÷ peak) )",
        ),
        (
            "unstuck_threshold", "unstuck_ema_dist", "unstuck_close_pct", "unstuck_loss_allowance_pct",
            "total_wallet_exposure_limit",
        ),
    ),
    "close_auto_reduce_wel": Formula(
        ("closes at the market what is over limit × risk_wel_enforcer_threshold",),
        ("risk_wel_enforcer_threshold", "wallet_exposure_limit", "risk_we_excess_allowance_pct"),
    ),
    "close_auto_reduce_twel": Formula(
        (
            "closes at the market what the side is over total_wallet_exposure_limit × risk_twel_enforcer_threshold,"
            " the position least under water first",
        ),
        ("risk_twel_enforcer_threshold", "total_wallet_exposure_limit"),
    ),
    "close_panic": Formula(("the whole position, one tick beyond the market",), ()),
}  # fmt: skip
_WORDS: dict[Pside, dict[str, str]] = {
    "long": {
        "edge": "min", "far": "max", "touch": "bid", "exit_touch": "ask", "away": "−", "back": "+", "band": "lower",
        "exit": "upper",
    },
    "short": {
        "edge": "max", "far": "min", "touch": "ask", "exit_touch": "bid", "away": "+", "back": "−", "band": "upper",
        "exit": "lower",
    },
}  # fmt: skip


def formula_of(code: str, pside: Pside) -> Formula:
    """Return the formula of a reason that makes an order, written for its side; empty for any other reason."""
    found = FORMULAS.get(code, Formula((), ()))
    return Formula(tuple(line.format_map(_WORDS[pside]) for line in found.lines), found.keys)
