"""What is behind one coin and side: effective parameters with their origins, and its last fills."""

from __future__ import annotations

from pathlib import PurePath

from pbtui.config import Config
from pbtui.core.actions import CoinQuery
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import CoinFacts, FillRow, ParamRow
from pbtui.core.types import Fill, Market, Pside
from pbtui.live.rows import decimals
from pbtui.live.rules import SIDE_ONLY
from pbtui.live.turn import LoopCore
from pbtui.live.why import reasons

MOST_FILLS = 500
_LIMIT = "wallet_exposure_limit"


def coin_facts(core: LoopCore, query: CoinQuery) -> CoinFacts:
    """Return parameters and fills of a coin and side, and the reasons of both its sides.

    The symbol may be a coin's name. Raises ConfigError for an unknown one.
    """
    symbol = core.coins.symbol_of(query.symbol)
    market = core.coins.markets.get(symbol) if symbol is not None else None
    if market is None:
        raise ConfigError(f"no market {sanitize_line(query.symbol, limit=40)} here")
    most = max(0, min(query.n, MOST_FILLS))
    fills = [fill for fill in reversed(core.fills.recent) if (fill.symbol, fill.pside) == (market.symbol, query.pside)]
    return CoinFacts(
        symbol=market.symbol,
        pside=query.pside,
        params=tuple(_params(core, market, query.pside)),
        fills=tuple(_fill_row(fill) for fill in fills[:most]),
        price_decimals=decimals(market.price_step),
        qty_decimals=decimals(market.qty_step),
        reasons=reasons(core, market.symbol),
    )


def _mode_row(core: LoopCore, market: Market, pside: Pside, key: str, *, forced_here: bool) -> ParamRow:
    """Return the mode that is forced on a side, an operator's hand before the config."""
    hand = core.store.state.hand_modes.get((market.symbol, pside))
    if hand is not None:
        return ParamRow(key, hand.mode.value, f"by hand: {sanitize_line(hand.by, limit=60)}", own=True)
    mode = core.rules.coin(market.coin, pside).forced or core.rules.side(pside).forced
    origin = _origin(core.rules.config, key, overridden=forced_here)
    return ParamRow(key, mode.value if mode else "none", origin, forced_here)


def _params(core: LoopCore, market: Market, pside: Pside) -> list[ParamRow]:
    coin = market.coin
    config, rules = core.rules.config, core.rules.coin(coin, pside)
    own = config.overridden_keys(coin, pside) - frozenset(SIDE_ONLY)
    forced = f"live.forced_mode_{pside}"
    override = config.override(coin)
    forced_here = override is not None and forced.removeprefix("live.") in override.live
    rows = [_mode_row(core, market, pside, forced, forced_here=forced_here)]
    for name, value in rules.params.items():
        key = f"bot.{pside}.{name}"
        if name == _LIMIT and name not in own:
            origin = "total_wallet_exposure_limit ÷ n_positions"
        else:
            origin = _origin(config, key, overridden=name in own)
        rows.append(ParamRow(key, f"{value:.10g}", origin, name in own))
    return rows


def _origin(config: Config, key: str, *, overridden: bool) -> str:
    if overridden:
        return "coin override"
    found = config.origin(key)
    is_file = found.kind == "file" and found.detail
    return sanitize_line(PurePath(found.detail).name if is_file else str(found), limit=80)


def _fill_row(fill: Fill) -> FillRow:
    qty = abs(fill.qty) if fill.side == "buy" else -abs(fill.qty)
    return FillRow(fill.id, fill.ts_ms, sanitize_line(fill.order_type, limit=60), qty, fill.price, fill.pnl, fill.fee)
