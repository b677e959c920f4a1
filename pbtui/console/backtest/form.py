"""What a backtest is asked for on the screen: fields as typed, and the flags they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.core.record import record

if TYPE_CHECKING:
    from pbtui.config import Config


@record
class Field:
    """One line of the form; `flag` is the configuration key a typed text goes to, `choices` are gone through."""

    id: str
    title: str
    hint: str = ""
    flag: str = ""
    choices: tuple[str, ...] = ()


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
BY_ID: dict[str, Field] = {each.id: each for each in FIELDS}
_MOST_COINS = 4


@dataclass(slots=True)
class Form:
    """Texts by field, empty where the config decides; `told` is what it says there."""

    config: Path | None = None
    name: str = ""  # of the config, as short as it can be told
    typed: dict[str, str] = field(default_factory=dict[str, str])
    told: dict[str, str] = field(default_factory=dict[str, str])
    problem: str = ""  # why the config cannot be used
    reading: bool = False
    labels: tuple[str, ...] = ()  # of the config's scenarios

    def flags(self) -> dict[str, Any]:
        """Return configuration keys and texts for what was typed."""
        return {each.flag: text for each in FIELDS if each.flag and (text := self.typed.get(each.id, "").strip())}

    @property
    def offline(self) -> bool:
        """Tell whether nothing may be downloaded."""
        return self.typed.get("offline") == "yes"

    @property
    def suite(self) -> bool | None:
        """Return whether scenarios are wanted, None where the config decides."""
        return {"on": True, "off": False}.get(self.typed.get("suite", ""))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the labels of the scenarios wanted; none: all."""
        return tuple(word.strip() for word in self.typed.get("scenarios", "").split(",") if word.strip())

    def put(self, name: str, text: str) -> None:
        """Take a typed text; an empty one leaves it to the config."""
        if text.strip():
            self.typed[name] = text.strip()
        else:
            self.typed.pop(name, None)

    def turn(self, name: str) -> None:
        """Take the next choice of a field that has choices."""
        choices = BY_ID[name].choices
        here = self.typed.get(name, "")
        self.put(name, choices[(choices.index(here) + 1) % len(choices)] if here in choices else choices[0])


def told_of(config: Config) -> dict[str, str]:
    """Return what a config says for each field, as short texts."""
    settings = config.backtest
    labels = labels_of(settings.scenarios)
    suite = f"{len(labels)} scenario{'s' * (len(labels) != 1)}" if settings.suite_enabled and labels else "off"
    return {
        "exchanges": ", ".join(settings.exchanges),
        "coins": _coins(config),
        "start": str(settings.start_date),
        "end": str(settings.end_date),
        "balance": f"{settings.starting_balance:,.2f}",
        "offline": "no",
        "suite": suite,
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
