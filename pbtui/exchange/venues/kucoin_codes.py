"""KuCoin's error codes by the reaction they need (documented by the venue; exchanges.md 9, live.md 30.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pbtui.exchange.private.wire import Meaning

_MARGIN = "lower the wallet exposure limits, or add margin"
_KEY = "check the key, its permissions and the addresses it is bound to"
_CLOSE_FIRST = "close all positions and cancel all orders, then the position mode can be changed"
_MODE = "the position mode was changed while the bot ran: start it again"
HELD, GONE, TWICE = "mode-held", "order-gone", "300018"
MEANINGS: Mapping[str, Meaning] = {
    "500000": Meaning("unknown"),
    "408000": Meaning("unknown"),
    "100002": Meaning("unknown"),
    "300002": Meaning("later"),
    "300015": Meaning("later"),
    "1015": Meaning("limited"),
    "200002": Meaning("limited"),
    "429000": Meaning("limited"),
    "400002": Meaning("skew"),
    "400001": Meaning("refused", hint=_KEY),
    "400003": Meaning("refused", hint=_KEY),
    "400004": Meaning("refused", hint="the passphrase does not belong to the key"),
    "400005": Meaning("refused", hint="the secret does not belong to the key"),
    "400006": Meaning("refused", hint="the key does not allow requests from this address"),
    "400007": Meaning("refused", hint="the key lacks a permission: allow it to trade futures"),
    "411100": Meaning("refused", hint="the venue has frozen this account"),
    "40010": Meaning("refused", hint="the venue doesn't serve this account"),
    "400303": Meaning("refused", hint="the venue wants the account to be verified"),
    HELD: Meaning("refused", hint=_CLOSE_FIRST),
    "330011": Meaning("refused", hint=_MODE),
    "330012": Meaning("refused", hint=_MODE),
    GONE: Meaning("gone"),
    "100004": Meaning("gone"),
    "404": Meaning("gone"),
    "300001": Meaning("rejected", "too_many_orders", "trade fewer coins"),
    "300003": Meaning("rejected", "insufficient_margin", _MARGIN),
    "200005": Meaning("rejected", "insufficient_margin", _MARGIN),
    "330008": Meaning("rejected", "insufficient_margin", _MARGIN),
    "300005": Meaning("rejected", "leverage_tier", "lower the wallet exposure limits or live.leverage"),
    "300016": Meaning("rejected", "leverage", "lower live.leverage"),
    "300006": Meaning("rejected", "price_band"),
    "300007": Meaning("rejected", "price_band"),
    "300011": Meaning("rejected", "price_band"),
    "300012": Meaning("rejected", "price_band"),
    "300008": Meaning("rejected", "no_price"),
    "300013": Meaning("rejected", "no_price"),
    "300009": Meaning("rejected", "reduce_only"),
    "300010": Meaning("rejected", "reduce_only"),
    "300014": Meaning("rejected", "not_tradable"),
    "100003": Meaning("rejected", "not_tradable"),
    "200003": Meaning("rejected", "not_tradable"),
    TWICE: Meaning("rejected", "duplicate_client_id"),
    "330005": Meaning("rejected", "margin_mode", "set the coin to cross margin there"),
    "small": Meaning("rejected", "min_cost", "raise entry_initial_qty_pct or the balance: the order is too small"),
}
_VAGUE = {"100001", "300000", "330011", "330012", "400100"}  # one code for many faults: the words tell which
_CODE = re.compile(r'"code"\s*:\s*"?(\d+)')
_WORDS = (
    (re.compile(r"client_?oid.*(repeat|duplicat)|(repeat|duplicat).*client_?oid", re.I), TWICE),
    (re.compile(r"(exist|hav|hold|open|clos|cancel)\w*\b[^\"]*\b(position|order)s?[^\"]*\bmode\b", re.I), HELD),
    (re.compile(r"not.?exist|not.?found|not.?cancel|not.?allow", re.I), GONE),
    (re.compile(r"balance|available.?amount|insufficient", re.I), "300003"),
    (re.compile(r"below the min|minimum|too small|less than", re.I), "small"),
)


def code_of(text: str) -> str:
    """Return the code of a failure's JSON; where the venue has one code for many faults its words tell which."""
    found = _CODE.search(text)
    return refined(found.group(1), text) if found else ""


def refined(code: str, words: str) -> str:
    """Return a code, or the one that its words stand for where it tells nothing by itself."""
    if code not in _VAGUE:
        return code
    return next((better for pattern, better in _WORDS if pattern.search(words)), code)
