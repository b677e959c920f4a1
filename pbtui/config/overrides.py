"""`coin_overrides`: names, allowed keys, override files, resolution (config.md 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, cast

from pbtui.config.check import BadValue, check_value
from pbtui.config.coin_names import coin_of
from pbtui.config.computed import computed_defaults
from pbtui.config.draft import Draft
from pbtui.config.errors import shown
from pbtui.config.flavours import start_draft
from pbtui.config.keys import Key
from pbtui.config.migrate import RENAMES, late_renames, rename_keys
from pbtui.config.normalise import warn_of_repeats
from pbtui.config.parse import parse_file
from pbtui.config.provenance import Origin
from pbtui.config.schema import KEYS
from pbtui.config.schema_bot import PARAMETERS
from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.types import PSIDES, Pside

_SIDE_WIDE = frozenset(
    {
        "filter_volatility_drop_pct",
        "filter_volatility_ema_span",
        "filter_volume_drop_pct",
        "filter_volume_ema_span",
        "n_positions",
        "risk_twel_enforcer_threshold",
        "total_wallet_exposure_limit",
        "unstuck_loss_allowance_pct",
    }
)
LIMIT = "wallet_exposure_limit"
BOT_KEYS: frozenset[str] = frozenset(PARAMETERS) - _SIDE_WIDE | {LIMIT}
LIVE_KEYS: frozenset[str] = frozenset({"forced_mode_long", "forced_mode_short", "leverage"})
LIMIT_KEY = Key(
    path=("bot", "*", LIMIT),
    kind="float",
    doc="Exposure limit of one position of this coin.",
    unit="× balance",
    risk="more",
)
_OLD_NAMES = dict(RENAMES)
_PREFIX = "coin_overrides."


def split_override(name: str) -> tuple[str, str] | None:
    """Return coin and key of a dotted name below `coin_overrides` (a coin may hold dots), None for any other name."""
    for part in (".bot.", ".live."):
        head, found, rest = name.partition(part)
        if found and head.startswith(_PREFIX):
            return head.removeprefix(_PREFIX), part[1:] + rest
    return None


@record
class CoinOverride:
    """Resolved values of one coin: bot parameters per side (as in `bot`), live values, and where each comes from."""

    coin: str
    long: Mapping[str, float] = field(default_factory=dict[str, float])
    short: Mapping[str, float] = field(default_factory=dict[str, float])
    live: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])

    def side(self, pside: Pside) -> Mapping[str, float]:
        """Return the bot values of one side."""
        return self.long if pside == "long" else self.short

    def as_tree(self) -> dict[str, Any]:
        """Return the entry as it is written in a configuration file."""
        bot = {pside: dict(self.side(pside)) for pside in PSIDES if self.side(pside)}
        return {**({"bot": bot} if bot else {}), **({"live": dict(self.live)} if self.live else {})}


def resolve_overrides(draft: Draft, folder: Path | None) -> dict[str, CoinOverride]:
    """Return the overrides by coin name and write their resolved form into the draft.

    `folder` is where the configuration lies; override files are looked up as given and beside it.
    """
    given: Any = draft.get(("coin_overrides",))
    if not isinstance(given, dict):
        draft.fault(("coin_overrides",), f"{shown(given)} is not an object", KEYS["coin_overrides"].allowed_text)
        return {}
    resolved: dict[str, CoinOverride] = {}
    for name, entry in cast("dict[str, Any]", given).items():
        coin = coin_of(name)
        if not coin:
            draft.warn(f"coin_overrides.{shown(name)} names no coin and is left out")
        elif not isinstance(entry, dict):
            draft.fault(
                ("coin_overrides", name), f"{shown(entry)} is not an object", "{bot, live, override_config_path}"
            )
        else:
            if coin in resolved:
                draft.warn(f"coin_overrides names {shown(coin)} twice; {shown(name)} wins")
            resolved[coin] = _Entry(draft, name, coin, folder).resolve(cast("dict[str, Any]", entry))
    draft.data["coin_overrides"] = {coin: override.as_tree() for coin, override in resolved.items()}
    return resolved


Place = tuple[str, ...]


class _Entry:
    """Collects the values of one coin: file first, inline over it, then what differs from the base."""

    def __init__(self, draft: Draft, name: str, coin: str, folder: Path | None) -> None:
        self.draft = draft
        self.name = name
        self.coin = coin
        self.folder = folder
        self.values: dict[Place, Any] = {}
        self.origins: dict[Place, Origin] = {}

    def resolve(self, entry: dict[str, Any]) -> CoinOverride:
        file = entry.get("override_config_path")
        if file:
            self._take_file(file)
        for name in entry:
            if name not in {"bot", "live", "override_config_path"} and not name.startswith("_"):
                self.draft.warn(f"coin_overrides.{self.name}.{name} has no effect and is left out")
        origin = Origin("migrated", "coin flags")
        if self.draft.origin(("coin_overrides",)) != origin:
            origin = Origin("coin override", self.coin)
        self._take(entry, origin, f"coin_overrides.{self.name}")
        kept = {place: value for place, value in self.values.items() if not self._is_base(place, value)}
        return CoinOverride(
            coin=self.coin,
            long=_part(kept, ("bot", "long")),
            short=_part(kept, ("bot", "short")),
            live=_part(kept, ("live",)),
            origins={".".join(place): self.origins[place] for place in kept},
        )

    def _is_base(self, place: Place, value: Any) -> bool:
        return place[-1] != LIMIT and self.draft.get(place) == value

    def _take_file(self, file: Any) -> None:
        place = ("coin_overrides", self.name, "override_config_path")
        path = self._find(file)
        if path is None:
            self.draft.fault(place, f"the file {shown(file)} does not exist", "a configuration file")
            return
        repeated: list[str] = []
        try:
            raw = parse_file(path, repeated)
            partial, _ = start_draft(raw, str(path), Origin("override file", str(path)), partial=True)
        except ConfigError as error:
            self.draft.fault(place, error.line())
            return
        warn_of_repeats(self.draft, repeated, str(path))
        rename_keys(partial)
        computed_defaults(partial, only_old=True)
        late_renames(partial)
        self._take(partial.data, Origin("override file", str(path)), str(path), quiet=True)

    def _find(self, file: Any) -> Path | None:
        if not isinstance(file, str) or "\x00" in file:
            return None
        choices = [Path(file)] + ([self.folder / file] if self.folder is not None else [])
        try:
            return next((path for path in choices if path.is_file()), None)
        except OSError:
            return None

    def _take(self, tree: dict[str, Any], origin: Origin, where: str, *, quiet: bool = False) -> None:
        bot: Any = tree.get("bot")
        if bot is not None and not isinstance(bot, dict):
            self.draft.fault((f"{where}.bot",), f"{shown(bot)} is not an object", "{ long, short }")
            return
        for name in cast("dict[str, Any]", bot or {}):
            if name not in PSIDES and not name.startswith("_"):
                self.draft.warn(f"{where}.bot.{name} has no effect and is left out (known: long, short)")
        for pside in PSIDES:
            side: Any = cast("dict[str, Any]", bot).get(pside) if isinstance(bot, dict) else None
            self._take_part(("bot", pside), side, BOT_KEYS, origin, where, quiet)
        self._take_part(("live",), tree.get("live"), LIVE_KEYS, origin, where, quiet)

    def _take_part(
        self, part: Place, values: Any, allowed: frozenset[str], origin: Origin, where: str, quiet: bool
    ) -> None:
        if values is None:
            return
        dotted = f"{where}.{'.'.join(part)}"
        if not isinstance(values, dict):
            self.draft.fault((dotted,), f"{shown(values)} is not an object", "{ … }")
            return
        for name, value in cast("dict[str, Any]", values).items():
            if name.startswith("_"):
                continue
            if name not in allowed:
                if not quiet:
                    today = _OLD_NAMES.get(name)
                    why = f": write {today}" if today in allowed else " (it can't be set per coin)"
                    self.draft.warn(f"{dotted}.{name} is left out{why}")
                continue
            declared = LIMIT_KEY if name == LIMIT else KEYS[".".join((*part, name))]
            try:
                checked, remark = check_value(declared, value)
            except BadValue as error:
                self.draft.fault((f"{dotted}.{name}",), str(error), declared.allowed_text)
                continue
            if remark:
                self.draft.warn(f"{dotted}.{name}: {remark}")
            self.values[(*part, name)] = checked
            self.origins[(*part, name)] = origin


def _part(values: Mapping[Place, Any], part: Place) -> dict[str, Any]:
    return {place[-1]: value for place, value in values.items() if place[:-1] == part}
