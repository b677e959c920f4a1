"""A loaded configuration: effective values, typed views, and where each value comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pbtui.config.check import BadValue, check_value
from pbtui.config.coin_lists import CoinSource, Places
from pbtui.config.coin_names import coin_of
from pbtui.config.draft import Change
from pbtui.config.errors import InvalidConfig, Problem
from pbtui.config.keys import Path as KeyPath
from pbtui.config.keys import declared
from pbtui.config.overrides import LIMIT, CoinOverride
from pbtui.config.provenance import Origin, nearest_origin
from pbtui.config.schema import KEYS, Command
from pbtui.config.schema_backtest import BacktestSettings
from pbtui.config.schema_bot import PARAMETERS, BotSettings, SideParams
from pbtui.config.schema_live import LiveSettings, LoggingSettings
from pbtui.config.schema_optimize import OptimizeSettings
from pbtui.config.schema_validation import ValidationSettings
from pbtui.core.types import Pside

_NOT_CONTENT = {"base_config_path"}
DYNAMIC_LIMIT = -1.0
_ABSENT = object()


@dataclass(frozen=True, eq=False)
class Config:
    """One configuration; do not change `data`, load again with flags instead.

    `raw` is the file as parsed, `data` the effective nested values, `sources` the coin lists as written.
    """

    raw: Mapping[str, Any]
    data: Mapping[str, Any]
    path: Path | None
    command: Command
    flavour: str
    warnings: tuple[str, ...]
    changes: tuple[Change, ...]
    coin_overrides: Mapping[str, CoinOverride]
    sources: Mapping[str, CoinSource]
    source_values: Mapping[str, Any]
    places: Places
    origins: Mapping[KeyPath, Origin] = field(repr=False)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the effective value of a dotted key; `default` when there is none."""
        node: Any = self.data
        for part in name.split("."):
            if not isinstance(node, Mapping):
                return default
            node = cast("Mapping[str, Any]", node).get(part, _ABSENT)
            if node is _ABSENT:
                return default
        return node

    def origin(self, name: str) -> Origin:
        """Return where the value of a dotted key comes from."""
        return nearest_origin(self.origins, tuple(name.split(".")), str(self.path or ""))

    @property
    def name(self) -> str:
        """Name for messages: the file, or the template."""
        return str(self.path) if self.path is not None else "built-in template"

    @cached_property
    def hash(self) -> str:
        """Stable hash (16 hex) of the effective values; the file's place and comments do not count.

        In live the coin lists count as written, so that editing a coin file keeps the identity of the configuration.
        """
        data = dict(self.data)
        if self.command == "live":
            data["live"] = {**data["live"], **self.source_values}
        elif self.sources["approved_coins"].everything:
            data["everything"] = sorted(self.sources["approved_coins"].everything)
        text = json.dumps(_content(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def live(self) -> LiveSettings:
        """Typed view of `live`; raises InvalidConfig when one of its values is wrong."""
        return LiveSettings(**self._settings(LiveSettings, "live"))

    @cached_property
    def logging(self) -> LoggingSettings:
        """Typed view of `logging`."""
        return LoggingSettings(**self._settings(LoggingSettings, "logging"))

    @cached_property
    def backtest(self) -> BacktestSettings:
        """Typed view of `backtest`."""
        return BacktestSettings(**self._settings(BacktestSettings, "backtest"))

    @cached_property
    def optimize(self) -> OptimizeSettings:
        """Typed view of `optimize`."""
        settings = self._settings(OptimizeSettings, "optimize")
        return OptimizeSettings(bounds=self.data["optimize"]["bounds"], **settings)

    @cached_property
    def validation(self) -> ValidationSettings:
        """Typed view of `optimize.validation`."""
        return ValidationSettings(**self._settings(ValidationSettings, "optimize", "validation"))

    @cached_property
    def bot(self) -> BotSettings:
        """Typed view of `bot`: parameters of both sides without coin overrides."""
        return BotSettings(long=self._side("long"), short=self._side("short"))

    def override(self, coin: str) -> CoinOverride | None:
        """Return the resolved override of a coin (or symbol), or None."""
        return self.coin_overrides.get(coin_of(coin))

    def overridden_keys(self, coin: str, pside: Pside) -> frozenset[str]:
        """Return the bot parameters of one side that the coin overrides."""
        found = self.override(coin)
        return frozenset(found.side(pside)) if found is not None else frozenset()

    def live_value(self, coin: str, key: str) -> Any:
        """Return a `live` value with the coin's override applied (forced modes, leverage)."""
        found = self.override(coin)
        return found.live[key] if found is not None and key in found.live else self.data["live"][key]

    def _side(self, pside: Pside) -> SideParams:
        values = {name: float(self._checked(f"bot.{pside}.{name}")) for name in PARAMETERS}
        slots = round(values.pop("n_positions"))
        return SideParams(n_positions=slots, **values)

    def _settings(self, settings: type, *section: str) -> dict[str, Any]:
        typed = {item.name: str(item.type) for item in fields(settings)}
        result: dict[str, Any] = {}
        for item in declared(section, settings):
            value = self._checked(item.name)
            result[item.path[-1]] = (
                float(value) if typed[item.path[-1]].startswith("float") and value is not None else value
            )
        return result

    def _checked(self, name: str) -> Any:
        try:
            return check_value(KEYS[name], self.get(name))[0]
        except BadValue as error:
            raise InvalidConfig(self.name, [Problem(name, str(error), KEYS[name].allowed_text)]) from None


def params_for(config: Config, coin: str, pside: Pside) -> dict[str, float | int]:
    """Return the 38 engine parameters of a coin and side after overrides (orchestrator.md 1.3, 6).

    `wallet_exposure_limit` is −1 (derived from the total limit) unless the coin overrides it.
    """
    side = config.bot.long if pside == "long" else config.bot.short
    values: dict[str, float | int] = {name: getattr(side, name) for name in PARAMETERS}
    values[LIMIT] = DYNAMIC_LIMIT
    found = config.override(coin)
    if found is not None:
        values.update({name: float(value) for name, value in found.side(pside).items()})
    return values


def _content(value: Any) -> Any:
    """Return nested data without metadata and with whole floats as ints, so that 300 and 300.0 hash alike."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {name: _content(item) for name, item in items if not name.startswith("_") and name not in _NOT_CONTENT}
    if isinstance(value, list):
        return [_content(item) for item in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
