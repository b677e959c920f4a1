"""Hyperliquid's error texts by the reaction they need: it has no codes, the venue's names of its errors stand for them.

Texts are documented by the venue (exchanges.md 8, live.md 30.6) or known from what other connectors were told.
"""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

# Parts of texts in small letters; the first that is found names the error.
_TEXTS: tuple[tuple[str, str], ...] = (
    ("order was never placed, already canceled, or filled", "MissingOrder"),
    ("price must be divisible by tick size", "Tick"),
    ("order has invalid price", "Tick"),
    ("order must have minimum value", "MinTradeNtl"),
    ("insufficient margin to place order", "PerpMargin"),
    ("reduce only order would increase position", "ReduceOnly"),
    ("post only order would have immediately matched", "BadAloPx"),
    ("could not immediately match", "IocCancel"),
    ("no liquidity available", "MarketOrderNoLiquidity"),
    ("open interest is capped", "OpenInterestCap"),
    ("open interest is increasing too quickly", "OpenInterestIncrease"),
    ("too aggressive when open interest", "OpenInterestCap"),
    ("away from the reference price", "Oracle"),
    ("too far from oracle", "Oracle"),
    ("exceed margin tier limit", "PerpMaxPosition"),
    ("too many open orders", "TooManyOrders"),
    ("order has zero size", "ZeroSize"),
    ("order has invalid size", "InvalidSize"),
    ("duplicate cloid", "DuplicateCloid"),
    ("too many cumulative requests", "AddressLimit"),
    ("invalid nonce", "Nonce"),
    ("vault not registered", "NoVault"),
    ("must deposit before", "NoDeposit"),
    ("user or api wallet", "NoWallet"),
    ("cannot switch leverage type", "SwitchWithPosition"),
    ("sufficient margin available to decrease leverage", "DecreaseLeverage"),
    ("invalid leverage value", "InvalidLeverage"),
    ("cross margin is not allowed", "IsolatedOnly"),
    ("trading is halted", "Halted"),
    ("expiresafter", "Expired"),
    ("expired", "Expired"),
)
_MARGIN = "lower the wallet exposure limits, or add margin"
_LEVERAGE = "lower live.leverage"
MEANINGS: Mapping[str, Meaning] = {
    "MissingOrder": Meaning("gone"),
    "Tick": Meaning("rejected", "tick"),
    "MinTradeNtl": Meaning(
        "rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small"
    ),
    "PerpMargin": Meaning("rejected", "insufficient_margin", _MARGIN),
    "ReduceOnly": Meaning("rejected", "reduce_only"),
    "BadAloPx": Meaning("rejected", "post_only"),
    "IocCancel": Meaning("rejected", "not_filled"),
    "MarketOrderNoLiquidity": Meaning("rejected", "not_filled"),
    "OpenInterestCap": Meaning("rejected", "not_tradable", "the venue takes no more of this coin now"),
    "OpenInterestIncrease": Meaning("rejected", "not_tradable", "the venue takes no more of this coin now"),
    "Oracle": Meaning("rejected", "price_band"),
    "PerpMaxPosition": Meaning("rejected", "leverage_tier", "lower the wallet exposure limits or live.leverage"),
    "TooManyOrders": Meaning("rejected", "too_many_orders", "trade fewer coins"),
    "ZeroSize": Meaning("rejected", "min_qty"),
    "InvalidSize": Meaning("rejected", "lot"),
    "DuplicateCloid": Meaning("rejected", "duplicate_client_id"),
    "AddressLimit": Meaning("limited"),
    "Nonce": Meaning("skew"),
    "Expired": Meaning("skew"),
    "NoVault": Meaning("refused", hint="is_vault is for vaults and sub-accounts: correct it or wallet_address"),
    "NoDeposit": Meaning("refused", hint="the account has never held money: check wallet_address"),
    "NoWallet": Meaning("refused", hint="the private key belongs to no API wallet of the account, or it has expired"),
    "SwitchWithPosition": Meaning("refused", hint="close the position of the coin, then its margin mode can be set"),
    "DecreaseLeverage": Meaning("rejected", "leverage", "raise live.leverage or close the position of the coin"),
    "InvalidLeverage": Meaning("rejected", "leverage", _LEVERAGE),
    "IsolatedOnly": Meaning("refused", hint="the venue keeps the coin in isolated margin: take it off the coins"),
    "Halted": Meaning("rejected", "not_tradable"),
}


def code_of(text: str) -> str:
    """Return the name of the error a text tells of, empty for one that we don't know."""
    small = text.lower()
    return next((code for part, code in _TEXTS if part in small), "")
