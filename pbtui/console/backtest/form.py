"""What a backtest is asked for on the screen: fields as typed, and the flags they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pbtui.console.asking import ConfigForm, Field, scenarios_of

if TYPE_CHECKING:
    from pbtui.config import Config


FIELDS: tuple[Field, ...] = (
    Field("config", "config"),
    Field("exchanges", "exchanges", "binance, bybit", "backtest.exchanges"),
    Field("coins", "coins", "BTC, ETH · empty: as the config says", "live.approved_coins"),
    Field("start", "from", "2024-01-01", "backtest.start_date"),
    Field("end", "to", "2024-06-30, or now", "backtest.end_date"),
    Field("balance", "balance", "starting balance in USD", "backtest.starting_balance"),
    Field("offline", "offline", choices=("", "yes")),
    Field("suite", "suite", choices=("", "on", "off")),
    Field("scenarios", "scenarios", "labels of some scenarios only"),
)
_MOST_COINS = 4


@dataclass(slots=True)
class Form(ConfigForm):
    """What a backtest is asked for."""

    fields: ClassVar[tuple[Field, ...]] = FIELDS
    labels: tuple[str, ...] = ()  # of the config's scenarios

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the labels of the scenarios wanted; none: all."""
        return tuple(word.strip() for word in self.typed.get("scenarios", "").split(",") if word.strip())


def told_of(config: Config) -> dict[str, str]:
    """Return what a config says for each field, as short texts."""
    settings = config.backtest
    labels = labels_of(settings.scenarios)
    return {
        "exchanges": ", ".join(settings.exchanges),
        "coins": _coins(config),
        "start": str(settings.start_date),
        "end": str(settings.end_date),
        "balance": f"{settings.starting_balance:,.2f}",
        "offline": "no",
        "suite": scenarios_of(labels, enabled=settings.suite_enabled),
        "scenarios": ", ".join(labels) if labels else "none",
    }


def labels_of(scenarios: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the names of a config's scenarios."""
    from pbtui.config.scenarios import scenario_label

    return tuple(scenario_label(scenario, number) for number, scenario in enumerate(scenarios, 1))


def _coins(config: Config) -> str:
    named: Mapping[str, list[str]] = config.live.approved_coins
    found = sorted({coin for coins in named.values() for coin in coins})
    if not found:
        return "all" if config.live.empty_means_all_approved else "none"
    more = f" and {len(found) - _MOST_COINS} more" if len(found) > _MOST_COINS else ""
    return ", ".join(found[:_MOST_COINS]) + more
