"""What a suite runs: scenarios, the candles they need together, each one's configuration (backtest.md 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pbtui.config import Config, load_changed
from pbtui.config.coin_lists import coins_of
from pbtui.config.coin_names import coin_of
from pbtui.config.dump import strip_metadata
from pbtui.config.scenarios import apply_overrides, scenario_label
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES
from pbtui.market.prepare import Request
from pbtui.market.prepare.request import exchange_name, window_of


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as written, with what it leaves out taken from the configuration; coins None: all there are."""

    label: str
    start_date: str
    end_date: str
    coins: tuple[str, ...] | None
    ignored: tuple[str, ...]
    exchanges: tuple[str, ...]
    coin_sources: Mapping[str, str]
    overrides: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """Scenarios, and a request for each dataset by name: `combined`, or the exchange it is of."""

    config: Config
    exchanges: tuple[str, ...]  # of scenarios that name none
    scenarios: tuple[Scenario, ...]
    requests: Mapping[str, Request]
    notes: tuple[str, ...] = ()


def is_suite(config: Config) -> bool:
    """Tell whether a backtest of a configuration is a suite."""
    return bool(config.backtest.suite_enabled and config.backtest.scenarios)


def plan_suite(config: Config, *, base_dir: Path) -> SuitePlan:
    """Return the plan of a suite; raises ConfigError for two scenarios of one name and sources that contradict.

    The shared dataset is not among the requests where every scenario keeps to exchanges of its own.
    """
    base = Request.with_coins(config, None, base_dir=base_dir)
    scenarios = [_scenario(config, raw, n) for n, raw in enumerate(config.backtest.scenarios, 1)]
    labels = [scenario.label for scenario in scenarios]
    double = sorted({label for label in labels if labels.count(label) > 1})
    if double:
        raise ConfigError(
            f"two scenarios are called {sanitize_line(double[0], limit=60)}", hint="give each its own label"
        )
    for scenario in scenarios:
        window_of(scenario.start_date, scenario.end_date)
    start, end = window_of(min(s.start_date for s in scenarios), max(s.end_date for s in scenarios))
    sources = _merged_sources([config.backtest.coin_sources, *(s.coin_sources for s in scenarios)])
    needed = {name for s in scenarios if set(s.exchanges) != set(base.exchanges) for name in s.exchanges}
    everywhere = sorted({*base.exchanges, *needed})
    shared = replace(
        base,
        requested_start_ms=start,
        end_ms=end,
        coins=_master_coins(scenarios, sources),
        coin_sources=sources,
    )
    if len(everywhere) == 1:
        requests = {everywhere[0]: replace(shared, exchanges=(everywhere[0],))}
    else:
        requests = {name: replace(shared, exchanges=(name,)) for name in sorted(needed)}
        if any(set(scenario.exchanges) == set(base.exchanges) for scenario in scenarios):
            requests = {"combined": shared} | requests
    return SuitePlan(config, base.exchanges, tuple(scenarios), requests, _left_out(config, shared))


def _left_out(config: Config, shared: Request) -> tuple[str, ...]:
    """Name the configuration's coins that no scenario lists: the others' lists leave them out everywhere (5.2)."""
    missing = sorted(set(_base_coins(config) or ()) - set(shared.coins or ()))
    if shared.coins is None or not missing:
        return ()
    named = sanitize_line(", ".join(missing), limit=200)
    return (f"some scenarios list coins: {named} of the configuration are in no scenario's list and left out of all",)


def scenario_config(plan: SuitePlan, scenario: Scenario, coins: Sequence[str], *, base_dir: Path) -> Config:
    """Return the configuration of a scenario that trades `coins`; raises InvalidConfig for a wrong override."""
    data = strip_metadata(plan.config.data)
    both = {pside: list(coins) for pside in PSIDES}
    ignored = {pside: list(scenario.ignored) for pside in PSIDES}
    data["live"] = {**data["live"], "approved_coins": both, "ignored_coins": ignored}
    data["backtest"] = {
        **data["backtest"],
        "start_date": scenario.start_date,
        "end_date": scenario.end_date,
        "exchanges": list(scenario.exchanges),
        "coin_sources": {**data["backtest"].get("coin_sources", {}), **scenario.coin_sources},
    }
    try:
        return load_changed(plan.config, apply_overrides(data, scenario.overrides), base_dir=base_dir)
    except ConfigError as error:
        raise ConfigError(f"scenario {sanitize_line(scenario.label, limit=60)}: {error.line()}") from error


def _scenario(config: Config, raw: Mapping[str, Any], position: int) -> Scenario:
    settings = config.backtest
    exchanges = raw.get("exchanges") or settings.exchanges
    names = [exchanges] if isinstance(exchanges, str) else list(exchanges)
    coins, label = _coins(raw.get("coins")) or _base_coins(config), scenario_label(raw, position)
    if coins == ():
        raise ConfigError(
            f"scenario {sanitize_line(label, limit=60)} lists no coins, and live.approved_coins leaves none",
            hint="in a suite an empty list is no coin at all: name coins, or write all",
        )
    return Scenario(
        label=label,
        start_date=str(raw.get("start_date") or settings.start_date),
        end_date=str(raw.get("end_date") or settings.end_date),
        coins=coins,
        ignored=_coins(raw.get("ignored_coins")),
        exchanges=tuple(dict.fromkeys(exchange_name(str(name)) for name in names if str(name).strip())),
        coin_sources={coin_of(str(c)): exchange_name(str(e)) for c, e in (raw.get("coin_sources") or {}).items()},
        overrides=dict(raw.get("overrides") or {}),
    )


def _coins(written: Any) -> tuple[str, ...]:
    """Return a list, text or {long, short} of coins as sorted coin names, each once."""
    if isinstance(written, Mapping):
        items: Iterable[Any] = [coin for value in written.values() for coin in _coins(value)]
    elif isinstance(written, str):
        items = written.split(",")
    else:
        items = written or ()
    return tuple(sorted({coin_of(str(item).strip()) for item in items if str(item).strip()}))


def _base_coins(config: Config) -> tuple[str, ...] | None:
    """Return the configuration's coins, ignored ones removed side by side; None for every coin there is.

    An empty list is no coin in a suite, whatever `live.empty_means_all_approved` says (backtest.md wart 16).
    """
    approved, ignored = config.sources["approved_coins"], config.sources["ignored_coins"]
    if approved.everything:
        return None
    left = {
        coin
        for pside in PSIDES
        for coin in coins_of(approved.sides[pside])
        if coin not in set(coins_of(ignored.sides[pside]))
    }
    return tuple(sorted(left))


def _master_coins(scenarios: Sequence[Scenario], sources: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return all coins to load; None for every coin there is."""
    coins = set(sources)
    for scenario in scenarios:
        if scenario.coins is None:
            return None
        coins.update(scenario.coins)
    return tuple(sorted(coins))


def _merged_sources(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for sources in given:
        for coin, name in sources.items():
            key, exchange = coin_of(coin), exchange_name(name)
            if merged.setdefault(key, exchange) != exchange:
                raise ConfigError(
                    f"backtest.coin_sources of {sanitize_line(key)} contradict: {merged[key]} and {exchange}",
                    hint="a suite shares its candles: give each coin one source",
                )
    return merged
