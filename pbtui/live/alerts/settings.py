"""The file of alerts: where messages go and what is worth one; private, because addresses hold secrets."""

from __future__ import annotations

import tomllib
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pbtui.config.accounts import require_private
from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line
from pbtui.core.secret import Secret

AlertKind = Literal["fill", "panic", "stale", "errors", "loss", "end"]
KINDS: tuple[AlertKind, ...] = get_args(AlertKind)
FILE = "alerts.toml"
_NUMBERS = {
    "every_s": (1.0, 86_400.0),
    "stale_s": (30.0, 86_400.0),
    "errors_1h": (1.0, 10.0),
    "loss_limit_pct": (0.0, 10.0),
    "heartbeat_every_s": (1.0, 3_600.0),
    "ping_every_s": (10.0, 86_400.0),
}


@record
class AlertSettings:
    """What to tell and where; `loss_limit_pct` is a fraction of the day's first balance, 0 = no such alert."""

    urls: tuple[Secret, ...] = ()
    events: tuple[AlertKind, ...] = ("panic", "stale", "errors", "loss", "end")
    accounts: tuple[str, ...] = ()  # user names; empty = every real account
    every_s: float = 60.0  # a kind is told at most once in so many seconds
    stale_s: float = 300.0  # without a good turn
    errors_1h: float = 5.0
    loss_limit_pct: float = 0.0
    heartbeat_file: Path | None = None
    heartbeat_every_s: float = 30.0
    ping_url: Secret = field(default_factory=lambda: Secret(""))
    ping_every_s: float = 60.0

    def wanted_for(self, user: str, kind: str) -> bool:
        """Tell whether an account is one to speak of."""
        return user in self.accounts if self.accounts else kind == "live"


def alerts_file() -> Path:
    """Return where the file is: in the user's folder of pbtui's settings."""
    import platformdirs

    return Path(platformdirs.user_config_dir("pbtui")) / FILE


def load_alerts(path: Path) -> AlertSettings | None:
    """Return what a file says, None where there is no file.

    Raises:
        ConfigError: it is no TOML, or a value makes no sense; the line never holds an address.
        SafetyRefusal: others can read it.

    """
    if not path.is_file():
        return None
    require_private(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{sanitize_line(path)}: {sanitize_line(error)}") from error
    except tomllib.TOMLDecodeError as error:
        # Its text may quote the line, and with it an address.
        where = str(error).rpartition("(")[2].rstrip(")")
        raise ConfigError(f"{sanitize_line(path)}: no TOML ({sanitize_line(where, limit=60)})") from None
    return _Reader(path, data).settings()


class _Reader:
    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        self._path = path
        self._data = data

    def settings(self) -> AlertSettings:
        known = set(AlertSettings.__dataclass_fields__)
        unknown = sorted(set(self._data) - known)
        if unknown:
            raise self._wrong(unknown[0], f"is not known; there are {', '.join(sorted(known))}")
        events = self._words("events")
        for event in events or ():
            if event not in KINDS:
                raise self._wrong("events", f"wants some of {', '.join(KINDS)}")
        given: dict[str, Any] = {name: self._number(name, *limits) for name, limits in _NUMBERS.items()}
        given["urls"] = tuple(map(Secret, self._words("urls") or ())) or None
        given["events"] = cast("tuple[AlertKind, ...] | None", events)
        given["accounts"] = self._words("accounts")
        heartbeat, ping = self._text("heartbeat_file"), self._text("ping_url")
        given["heartbeat_file"] = Path(heartbeat).expanduser() if heartbeat else None
        if ping:
            if not ping.startswith(("https://", "http://")):
                raise self._wrong("ping_url", "wants an address that begins with https:// or http://")
            given["ping_url"] = Secret(ping)
        return AlertSettings(**{name: value for name, value in given.items() if value is not None})

    def _words(self, name: str) -> tuple[str, ...] | None:
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
            raise self._wrong(name, "wants a list of texts")
        return tuple(cast("list[str]", value))

    def _number(self, name: str, low: float, high: float) -> float | None:
        value = self._data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise self._wrong(name, f"wants a number from {low:g} to {high:g}")
        return float(value)

    def _text(self, name: str) -> str:
        value = self._data.get(name, "")
        if not isinstance(value, str):
            raise self._wrong(name, "wants a text")
        return value

    def _wrong(self, name: str, why: str) -> ConfigError:
        return ConfigError(f"{sanitize_line(self._path)}: {sanitize_line(name, limit=60)} {why}")
