"""The parameters of `bot.long` and `bot.short` with their search bounds (config.md 5.1, 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields
from typing import Any

from pbtui.config.keys import DECLARATION, Key
from pbtui.core.record import record

Bound = tuple[float, ...]


def param(
    doc: str, *, unit: str, long: float, short: float, built_in: float, bounds: tuple[Bound, Bound, Bound], **facts: Any
) -> Any:
    """Declare a parameter: shipped values of both sides, built-in value, bounds (shipped long, short, built-in)."""
    facts.update(doc=doc, unit=unit, shipped={"long": long, "short": short}, built_in=built_in, bounds=bounds)
    return field(metadata={DECLARATION: facts})


@record(kw_only=True)
class SideParams:
    """Parameters of one side; exposures are multiples of the balance, distances fractions of a price."""

    close_grid_markup_end: float = param(
        "Take-profit distance where the close grid ends.",
        unit="fraction",
        long=0.0094,
        short=0.0015,
        built_in=0.0089,
        bounds=((0.0015, 0.012, 0.00001), (0.0015, 0.01, 0.00001), (0.001, 0.03)),
    )
    close_grid_markup_start: float = param(
        "Take-profit distance where the close grid starts.",
        unit="fraction",
        long=0.00634,
        short=0.0015,
        built_in=0.0344,
        bounds=((0.0015, 0.012, 0.00001), (0.0015, 0.01, 0.00001), (0.001, 0.03)),
    )
    close_grid_qty_pct: float = param(
        "Size of one grid close; below 0 or from 1 on: one order for everything.",
        unit="fraction of full size",
        long=0.51,
        short=0.05,
        built_in=0.125,
        bounds=((0.05, 1, 0.01), (0.05, 1, 0.01), (0.05, 1.0)),
    )
    close_trailing_grid_ratio: float = param(
        "Split of closes: ±1 trailing only, 0 grid only, above 0 trailing first, below 0 grid first.",
        unit="−1…1",
        long=-0.76,
        short=-1,
        built_in=0.5,
        bounds=((-1, -0.4, 0.01), (-1, -0.4, 0.01), (-1.0, 1.0)),
    )
    close_trailing_qty_pct: float = param(
        "Size of one trailing close.",
        unit="fraction of full size",
        long=0.05,
        short=0.05,
        built_in=0.125,
        bounds=((0.05, 1, 0.01), (0.05, 1, 0.01), (0.05, 1.0)),
    )
    close_trailing_retracement_pct: float = param(
        "Pull-back from the extreme that fires a trailing close; 0 or less fires at the threshold price.",
        unit="fraction",
        long=0.00279,
        short=0.001,
        built_in=0.002,
        bounds=((0.001, 0.015, 0.00001), (0.001, 0.015, 0.00001), (0.001, 0.1)),
    )
    close_trailing_threshold_pct: float = param(
        "Favourable move that arms a trailing close; 0 or less arms at once.",
        unit="fraction",
        long=0.001,
        short=0.001,
        built_in=0.008,
        bounds=((0.001, 0.015, 0.00001), (0.001, 0.015, 0.00001), (0.001, 0.1)),
    )
    ema_span_0: float = param(
        "First span of the price band; the third is √(span 0 · span 1).",
        unit="min",
        long=770.0,
        short=100,
        built_in=1318.0,
        bounds=((200, 1440, 10), (100, 1440, 10), (200.0, 1440.0)),
        above=0,
    )
    ema_span_1: float = param(
        "Second span of the price band.",
        unit="min",
        long=210.0,
        short=100,
        built_in=1435.0,
        bounds=((200, 1440, 10), (100, 1440, 10), (200.0, 1440.0)),
        above=0,
    )
    entry_grid_double_down_factor: float = param(
        "Size of the next grid re-entry relative to the position.",
        unit="× position",
        long=0.73,
        short=0.5,
        built_in=0.894,
        bounds=((0.5, 0.9, 0.01), (0.5, 0.9, 0.01), (0.1, 3.0)),
        above=0,
        risk="more",
    )
    entry_grid_spacing_pct: float = param(
        "Base distance of a grid re-entry from the position price.",
        unit="fraction",
        long=0.033,
        short=0.025,
        built_in=0.04,
        bounds=((0.02, 0.04, 0.00001), (0.02, 0.04, 0.00001), (0.005, 0.12)),
        above=0,
        risk="less",
    )
    entry_grid_spacing_volatility_weight: float = param(
        "Widens the spacing by weight × hourly log-range EMA.",
        unit="weight",
        long=2.4,
        short=1,
        built_in=0.0,
        bounds=((1, 100, 0.1), (1, 100, 0.1), (0.0, 400.0)),
        low=0,
    )
    entry_grid_spacing_we_weight: float = param(
        "Widens the spacing by weight × (exposure ÷ effective limit).",
        unit="weight",
        long=0.135,
        short=0,
        built_in=0.697,
        bounds=((0, 5, 0.0001), (0, 5, 0.0001), (0.0, 20.0)),
    )
    entry_initial_ema_dist: float = param(
        "Offset of the first entry from the EMA band; negative goes into the band.",
        unit="fraction",
        long=0.0097,
        short=-0.01,
        built_in=-0.00738,
        bounds=((-0.01, 0.01, 0.0001), (-0.01, 0.01, 0.0001), (-0.1, 0.002)),
    )
    entry_initial_qty_pct: float = param(
        "First entry costs balance × effective limit × this.",
        unit="fraction",
        long=0.0276,
        short=0.01,
        built_in=0.00592,
        bounds=((0.01, 0.03, 0.0001), (0.01, 0.03, 0.0001), (0.005, 0.1)),
        above=0,
        risk="more",
    )
    entry_trailing_double_down_factor: float = param(
        "Size of the next trailing re-entry relative to the position.",
        unit="× position",
        long=0.9,
        short=0.5,
        built_in=0.894,
        bounds=((0.5, 1, 0.01), (0.5, 1, 0.01), (0.1, 3.0)),
        above=0,
        risk="more",
    )
    entry_trailing_grid_ratio: float = param(
        "Split of entries, as for closes.",
        unit="−1…1",
        long=-0.5,
        short=-0.5,
        built_in=0.5,
        bounds=((-0.6, -0.1, 0.01), (-0.5, -0.1, 0.01), (-1.0, 1.0)),
    )
    entry_trailing_retracement_pct: float = param(
        "Bounce from the extreme that fires a trailing entry; 0 or less fires at the threshold price.",
        unit="fraction",
        long=0.0276,
        short=0.001,
        built_in=0.01,
        bounds=((0.001, 0.03, 0.00001), (0.001, 0.03, 0.00001), (0.001, 0.1)),
    )
    entry_trailing_retracement_volatility_weight: float = param(
        "Scales that bounce with volatility.",
        unit="weight",
        long=87.0,
        short=1,
        built_in=0.0,
        bounds=((1, 100, 0.1), (1, 100, 0.1), (0.0, 400.0)),
        low=0,
    )
    entry_trailing_retracement_we_weight: float = param(
        "Scales that bounce with exposure.",
        unit="weight",
        long=3.97,
        short=0,
        built_in=0.0,
        bounds=((0, 5, 0.001), (0, 5, 0.001), (0.0, 20.0)),
    )
    entry_trailing_threshold_pct: float = param(
        "Adverse move that arms a trailing entry; 0 or less arms at once.",
        unit="fraction",
        long=0.0029,
        short=0.001,
        built_in=0.05,
        bounds=((0.001, 0.03, 0.00001), (0.001, 0.03, 0.00001), (0.001, 0.1)),
    )
    entry_trailing_threshold_volatility_weight: float = param(
        "Scales that threshold with volatility.",
        unit="weight",
        long=76.0,
        short=1,
        built_in=0.0,
        bounds=((1, 100, 0.1), (1, 100, 0.1), (0.0, 400.0)),
        low=0,
    )
    entry_trailing_threshold_we_weight: float = param(
        "Scales that threshold with exposure.",
        unit="weight",
        long=1.31,
        short=0,
        built_in=0.0,
        bounds=((0, 15, 0.001), (0, 15, 0.001), (0.0, 20.0)),
    )
    entry_volatility_ema_span_hours: float = param(
        "Span of the hourly log-range behind all volatility weights.",
        unit="h",
        long=1690.0,
        short=672,
        built_in=72,
        bounds=((672, 2016, 1), (672, 2016, 1), (24.0, 336.0)),
        above=0,
    )
    filter_volatility_drop_pct: float = param(
        "Share of the most volatile candidates dropped in coin selection.",
        unit="fraction",
        long=0.0,
        short=0,
        built_in=0.0,
        bounds=((0, 0), (0, 0), (0.0, 1.0)),
        low=0,
        high=1,
    )
    filter_volatility_ema_span: float = param(
        "Span of the 1-minute log-range that ranks coins.",
        unit="min",
        long=225.0,
        short=10,
        built_in=60.0,
        bounds=((10, 720, 1), (10, 720, 1), (10.0, 1440.0)),
        above=0,
    )
    filter_volume_drop_pct: float = param(
        "Share of the lowest-volume candidates dropped in coin selection.",
        unit="fraction",
        long=0.57,
        short=0.5,
        built_in=0.95,
        bounds=((0.4, 1, 0.01), (0.4, 1, 0.01), (0.0, 1.0)),
        low=0,
        high=1,
    )
    filter_volume_ema_span: float = param(
        "Span of the quote volume used for that.",
        unit="min",
        long=520.0,
        short=360,
        built_in=60.0,
        bounds=((360, 2880, 10), (360, 2880, 10), (10.0, 1440.0)),
        above=0,
    )
    n_positions: int = param(
        "Position slots, rounded half to even; 0 disables the side.",
        unit="count",
        long=10.0,
        short=10,
        built_in=10.0,
        bounds=((1, 20, 1), (1, 20), (1.0, 20.0)),
        low=0,
        risk="slots",
    )
    risk_twel_enforcer_threshold: float = param(
        "Side-wide exposure above this is trimmed; 0 or less = off.",
        unit="× total limit",
        long=1.0,
        short=0.95,
        built_in=1.0,
        bounds=((0.95, 1.01, 0.001), (0.95, 1.01, 0.001), (0.9, 1.01)),
        risk="gate",
    )
    risk_we_excess_allowance_pct: float = param(
        "Effective limit = limit × (1 + this); below 0 counts as 0.",
        unit="fraction",
        long=0.37,
        short=0,
        built_in=0.0,
        bounds=((0, 0.4, 0.01), (0, 0.4, 0.01), (0.0, 0.5)),
        risk="more",
    )
    risk_wel_enforcer_threshold: float = param(
        "Per-position exposure above this is trimmed; 0 or less = off.",
        unit="× effective limit",
        long=0.994,
        short=0.95,
        built_in=1.0,
        bounds=((0.95, 1.01, 0.001), (0.95, 1.01, 0.001), (0.8, 1.05)),
        risk="gate",
    )
    total_wallet_exposure_limit: float = param(
        "Side-wide exposure limit; 0 or less disables the side.",
        unit="× balance",
        long=1.25,
        short=0,
        built_in=1.7,
        bounds=((1.25, 1.25), (0.0, 0.0), (0.0, 2.0)),
        raises_risk=True,
        risk="more",
    )
    unstuck_close_pct: float = param(
        "Size of one unstuck close; 0 or less disables unstucking.",
        unit="fraction of full size",
        long=0.078,
        short=0.05,
        built_in=0.001,
        bounds=((0.05, 0.12, 0.001), (0.05, 0.12, 0.001), (0.001, 0.1)),
    )
    unstuck_ema_dist: float = param(
        "Offset of the unstuck price from the EMA band.",
        unit="fraction",
        long=-0.07,
        short=-0.2,
        built_in=0.0,
        bounds=((-0.2, -0.07, 0.0001), (-0.2, -0.07, 0.0001), (-0.1, 0.01)),
    )
    unstuck_loss_allowance_pct: float = param(
        "Loss budget of unstucking; 0 or less disables it.",
        unit="fraction of peak balance × total limit",
        long=0.0102,
        short=0.01,
        built_in=0.03,
        bounds=((0.01, 0.02, 0.0001), (0.01, 0.02, 0.0001), (0.001, 0.05)),
        risk="more",
    )
    unstuck_threshold: float = param(
        "Exposure above which a position counts as stuck; 0 or less disables unstucking.",
        unit="fraction of effective limit",
        long=0.408,
        short=0.4,
        built_in=0.916,
        bounds=((0.4, 0.9, 0.001), (0.4, 0.9, 0.001), (0.4, 0.95)),
    )


@record
class BotSettings:
    """Both sides of `bot`."""

    long: SideParams
    short: SideParams


PARAMETERS: tuple[str, ...] = tuple(item.name for item in fields(SideParams))
_FACTS: dict[str, dict[str, Any]] = {item.name: dict(item.metadata[DECLARATION]) for item in fields(SideParams)}


def side_keys(pside: str) -> Iterator[Key]:
    """Yield the keys of `bot.<pside>`; limits are soft, the engine gives values outside them a meaning."""
    for name, facts in _FACTS.items():
        rest = {item: value for item, value in facts.items() if item not in {"bounds", "shipped"}}
        yield Key(path=("bot", pside, name), kind="float", shipped=facts["shipped"][pside], soft=True, **rest)


def bound_keys() -> Iterator[Key]:
    """Yield the keys of `optimize.bounds`, both sides."""
    for index, pside in enumerate(("long", "short")):
        for name, facts in _FACTS.items():
            bounds: tuple[Bound, Bound, Bound] = facts["bounds"]
            yield Key(
                path=("optimize", "bounds", f"{pside}_{name}"),
                kind="bound",
                doc=f"Search range of bot.{pside}.{name}.",
                unit=facts["unit"],
                shipped=list(bounds[index]),
                built_in=list(bounds[2]),
                used_by="O",
            )
