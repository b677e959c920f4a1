"""Gate.io's error labels by the reaction they need (documented by the venue; exchanges.md 7, live.md 30.6)."""

from __future__ import annotations

from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = "lower the wallet exposure limits, or add margin"
_KEY = "check the key, its permissions and the addresses it is bound to"
_SMALL = "raise entry_initial_qty_pct or the balance: the order is too small"
_CLOSE_FIRST = "close all positions and cancel all orders, then the position mode can be changed"
MEANINGS: Mapping[str, Meaning] = {
    "INTERNAL": Meaning("unknown"),
    "SERVER_ERROR": Meaning("unknown"),
    "TOO_BUSY": Meaning("unknown"),
    "TOO_MANY_REQUESTS": Meaning("limited"),
    "TOO_FAST": Meaning("limited"),
    "REQUEST_EXPIRED": Meaning("skew"),
    "NO_CHANGE": Meaning("unchanged"),
    "AUTHENTICATION_FAILED": Meaning("refused", hint=_KEY),
    "INVALID_CREDENTIALS": Meaning("refused", hint=_KEY),
    "INVALID_KEY": Meaning("refused", hint=_KEY),
    "IP_FORBIDDEN": Meaning("refused", hint=_KEY),
    "FORBIDDEN": Meaning("refused", hint=_KEY),
    "READ_ONLY": Meaning("refused", hint="the key may only read: allow it to trade perpetual futures"),
    "INVALID_SIGNATURE": Meaning("refused", hint="the secret does not belong to the key"),
    "ACCOUNT_LOCKED": Meaning("refused", hint="the venue has locked this account"),
    "SUB_ACCOUNT_LOCKED": Meaning("refused", hint="the venue has locked this account"),
    "USER_NOT_FOUND": Meaning("refused", hint="transfer money to the perpetual futures account once, that opens it"),
    "POSITION_HOLDING": Meaning("refused", hint=_CLOSE_FIRST),
    "POSITION_DUAL_MODE": Meaning("refused", hint=_CLOSE_FIRST),
    "ORDER_PENDING": Meaning("refused", hint=_CLOSE_FIRST),
    "ORDER_NOT_FOUND": Meaning("gone"),
    "CLIENT_ID_NOT_FOUND": Meaning("gone"),
    "ORDER_FINISHED": Meaning("gone"),
    "ORDER_CLOSED": Meaning("gone"),
    "ORDER_CANCELLED": Meaning("gone"),
    "POSITION_NOT_FOUND": Meaning("gone"),
    "INSUFFICIENT_AVAILABLE": Meaning("rejected", "insufficient_margin", _MARGIN),
    "BALANCE_NOT_ENOUGH": Meaning("rejected", "insufficient_margin", _MARGIN),
    "MARGIN_BALANCE_NOT_ENOUGH": Meaning("rejected", "insufficient_margin", _MARGIN),
    "FUTURES_BALANCE_NOT_ENOUGH": Meaning("rejected", "insufficient_margin", _MARGIN),
    "LIQUIDATE_IMMEDIATELY": Meaning("rejected", "insufficient_margin", _MARGIN),
    "RISK_LIMIT_EXCEEDED": Meaning("rejected", "leverage_tier", "lower the wallet exposure limits or live.leverage"),
    "LEVERAGE_TOO_HIGH": Meaning("rejected", "leverage", "lower live.leverage"),
    "LEVERAGE_TOO_LOW": Meaning("rejected", "leverage", "raise live.leverage"),
    "ORDER_POC_IMMEDIATE": Meaning("rejected", "post_only"),
    "POC_FILL_IMMEDIATELY": Meaning("rejected", "post_only"),
    "REDUCE_EXCEEDED": Meaning("rejected", "reduce_only"),
    "POSITION_EMPTY": Meaning("rejected", "reduce_only"),
    "INCREASE_POSITION": Meaning("rejected", "reduce_only"),
    "POSITION_IN_CLOSE": Meaning("rejected", "not_tradable"),
    "POSITION_IN_LIQUIDATION": Meaning("rejected", "not_tradable"),
    "CONTRACT_NOT_FOUND": Meaning("rejected", "not_tradable"),
    "CONTRACT_IN_DELISTING": Meaning("rejected", "not_tradable"),
    "CONTRACT_NO_COUNTER": Meaning("rejected", "no_price"),
    "SIZE_TOO_SMALL": Meaning("rejected", "min_cost", _SMALL),
    "SIZE_TOO_LARGE": Meaning("rejected", "max_qty"),
    "INVALID_PRECISION": Meaning("rejected", "tick"),
    "PRICE_TOO_DEVIATED": Meaning("rejected", "price_band"),
    "PRICE_THRESHOLD_EXCEEDED": Meaning("rejected", "price_band"),
    "PRICE_OVER_LIQUIDATION": Meaning("rejected", "price_band"),
    "PRICE_OVER_BANKRUPT": Meaning("rejected", "price_band"),
    "TOO_MANY_ORDERS": Meaning("rejected", "too_many_orders", "trade fewer coins"),
}
