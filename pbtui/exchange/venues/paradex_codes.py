"""Paradex's errors and reasons of cancellation by the reaction they need (documented by the venue; exchanges.md 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_CODE = re.compile(r'"error"\s*:\s*"([A-Z_]+)"')
# The venue's general refusal says in words what is wrong.
_GENERAL = ("VALIDATION_ERROR", "BINDING_ERROR", "INVALID_REQUEST_PARAMETER")
_WORDS = (
    (re.compile(r"recv_?window|timestamp|expired", re.IGNORECASE), "INVALID_TIMESTAMP"),
    (re.compile(r"notional", re.IGNORECASE), "MIN_NOTIONAL"),
    (re.compile(r"leverage", re.IGNORECASE), "LEVERAGE"),
    (re.compile(r"tick|price precision", re.IGNORECASE), "INVALID_PRICE_PRECISION"),
    (re.compile(r"size", re.IGNORECASE), "INVALID_ORDER_SIZE"),
)
_KEY = "the private key belongs to no key of the account, or its subkey was revoked"
LOGIN_REFUSED = "LOGIN_REFUSED"  # our name: the same refusals, of a login itself
_LOGIN = "check the account's keys on the venue's page"
_SMALL = "raise entry_initial_qty_pct or the balance: the order is too small"
_INVALID = Meaning("rejected", "invalid")
_CLOSED = Meaning("rejected", "not_tradable")
_UNFILLED = Meaning("rejected", "not_filled")
MEANINGS: Mapping[str, Meaning] = {
    "VALIDATION_ERROR": _INVALID,
    "BINDING_ERROR": _INVALID,
    "INVALID_REQUEST_PARAMETER": _INVALID,
    "BAD_STARKNET_REQUEST": _INVALID,
    "BATCH_SIZE_OUT_OF_RANGE": _INVALID,
    "INTERNAL_ERROR": Meaning("unknown"),
    "SERVICE_UNAVAILABLE": Meaning("unknown"),
    "INVALID_TIMESTAMP": Meaning("skew"),
    "INVALID_SIGNATURE_EXPIRATION": Meaning("skew"),
    "NOT_FOUND": Meaning("gone"),
    "ORDER_ID_NOT_FOUND": Meaning("gone"),
    "CLIENT_ORDER_ID_NOT_FOUND": Meaning("gone"),
    "ORDER_IS_CLOSED": Meaning("gone"),
    "ORDER_IS_NOT_OPEN": Meaning("later"),
    "ORDER_IS_NOT_OPEN_YET": Meaning("later"),
    "DUPLICATED_CLIENT_ID": Meaning("rejected", "duplicate_client_id"),
    "MIN_NOTIONAL": Meaning("rejected", "min_cost", _SMALL),
    "LEVERAGE": Meaning("rejected", "leverage", "lower live.leverage"),
    "INVALID_PRICE_PRECISION": Meaning("rejected", "tick"),
    "INVALID_ORDER_SIZE": Meaning("rejected", "lot"),
    "INVALID_SYMBOL": _CLOSED,
    "MARKET_NOT_FOUND": _CLOSED,
    "MARKET_NOT_OPEN": _CLOSED,
    "NO_ACCESS_TO_MARKET": _CLOSED,
    # Nothing was taken: with a login that was fresh a moment ago the venue is at fault, not the account.
    "INVALID_TOKEN": Meaning("later"),
    "UNAUTHORIZED_ERROR": Meaning("later"),
    LOGIN_REFUSED: Meaning("refused", hint=_KEY),
    "NOT_ONBOARDED": Meaning("refused", hint="log in once on the venue's page with this account"),
    "ACCOUNT_NOT_FOUND": Meaning("refused", hint="check wallet_address: it is the Paradex address of the account"),
    "INVALID_STARKNET_ADDRESS": Meaning("refused", hint="check wallet_address: it is the account's Paradex address"),
    "STARKNET_SIGNATURE_VERIFICATION_FAILED": Meaning("refused", hint=_KEY),
    "INVALID_STARKNET_SIGNATURE": Meaning("refused", hint=_KEY),
    "INVALID_ORDER_SIGNATURE": Meaning("refused", hint=_KEY),
    "PUBLIC_KEY_INVALID": Meaning("refused", hint=_KEY),
    "REQUEST_NOT_ALLOWED": Meaning("refused", hint="the venue does not let this key do that: " + _LOGIN),
    "GEO_IP_BLOCK": Meaning("refused", hint="the venue serves no requests from this machine's country"),
    "ETHEREUM_ADDRESS_BLOCKED": Meaning("refused", hint="the venue has locked this account"),
    "ISOLATED_MARKET_ACCOUNT_MISMATCH": Meaning("refused", hint="the coin is in isolated margin: set it to cross"),
    # Why an order that was taken has ended without resting.
    "NOT_ENOUGH_MARGIN": Meaning("rejected", "insufficient_margin", "lower the wallet exposure limits, or add margin"),
    "ORDER_EXCEEDS_POSITION_LIMIT": Meaning(
        "rejected", "leverage_tier", "lower the wallet exposure limits: the venue takes no larger position"
    ),
    "POST_ONLY_WOULD_CROSS": Meaning("rejected", "post_only"),
    "REDUCE_ONLY_WILL_INCREASE": Meaning("rejected", "reduce_only"),
    "PRICE_OUTSIDE_BANDS": Meaning("rejected", "price_band"),
    "EMPTY_MARKET": _UNFILLED,
    "PRICE_NOT_AVAILABLE": _UNFILLED,
    "REMAINING_IOC_CANCEL": _UNFILLED,
    "SELF_TRADE": _UNFILLED,
    "EXPIRED": _UNFILLED,
    "TIMEOUT": _UNFILLED,
    "UNEXPECTED_FAILURE": _INVALID,
    "ORDER_TYPE_INVALID": _INVALID,
    "ASSET_UNAVAILABLE": _CLOSED,
    "ASSET_EXPIRED": _CLOSED,
    "IN_LIQUIDATION": _CLOSED,
    "DELEVERAGE": _CLOSED,
}


def code_of(text: str) -> str:
    """Return the name of the error in an answer's JSON; of a general refusal, what its words speak of."""
    found = _CODE.search(text)
    if found is None:
        return ""
    code = found.group(1)
    return specific(code, text) if code in _GENERAL else code


def specific(code: str, words: str) -> str:
    """Return what the words of a general refusal speak of, the code itself where they say nothing known."""
    if code not in _GENERAL:
        return code
    return next((name for part, name in _WORDS if part.search(words)), code)
