"""Parameters that the engine has no answer for, although each alone may be any number (orchestrator.md 1.2, 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pbtui.config.draft import Draft
from pbtui.config.errors import shown
from pbtui.config.overrides import CoinOverride
from pbtui.core.types import PSIDES, Pside

MOST_SLOTS = 1_000_000
_SPANS = ("ema_span_0", "ema_span_1")


def refuse_impossible(draft: Draft, overrides: Mapping[str, CoinOverride]) -> None:
    """Name slots beyond any market's number of coins, and spans whose mean does not exist on a side that trades.

    Runs after the check of single values: what is no number there has been named already.
    """
    for pside in PSIDES:
        slots = draft.get(("bot", pside, "n_positions"))
        if isinstance(slots, int | float) and slots > MOST_SLOTS:
            path = ("bot", pside, "n_positions")
            draft.fault(path, f"{shown(slots)} is above {MOST_SLOTS}", f"a number from 0 to {MOST_SLOTS}")
        if not _trades(draft, pside):
            continue
        _check_spans(draft, pside, f"bot.{pside}", {})
        for coin, override in overrides.items():
            own = override.side(pside)
            if any(name in own for name in _SPANS):
                _check_spans(draft, pside, f"coin_overrides.{coin}.bot.{pside}", own)


def _trades(draft: Draft, pside: Pside) -> bool:
    values = [draft.get(("bot", pside, name)) for name in ("n_positions", "total_wallet_exposure_limit")]
    return all(isinstance(value, int | float) and value > 0 for value in values)


def _check_spans(draft: Draft, pside: Pside, where: str, own: Mapping[str, float]) -> None:
    spans: dict[str, Any] = {name: own.get(name, draft.get(("bot", pside, name))) for name in _SPANS}
    negative = [name for name, span in spans.items() if isinstance(span, int | float) and span < 0]
    if len(negative) == 1:
        wrong = f"{shown(spans[negative[0]])} has no mean with the other span"
        draft.fault((f"{where}.{negative[0]}",), wrong, "a number above 0")
