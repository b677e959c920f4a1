"""What an operator can ask of a bot: actions change something, queries only look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pbtui.core.types import Mode, Pside

StopChoice = Literal["keep", "cancel_entries", "cancel_all"]


@dataclass(frozen=True, slots=True)
class Target:
    """One coin and side."""

    symbol: str
    pside: Pside


@dataclass(frozen=True, slots=True)
class SetMode:
    """Set a hand mode on coins and sides; `mode` None gives them back to the config."""

    targets: tuple[Target, ...]
    mode: Mode | None
    by: str = "operator"
    confirm: str = ""  # for panic: the coin typed by the operator


@dataclass(frozen=True, slots=True)
class PanicAll:
    """Close everything now; `confirm` must be PANIC."""

    confirm: str
    by: str = "operator"


@dataclass(frozen=True, slots=True)
class PauseCreations:
    """Pause or resume the creation of new orders; cancels and closes go on."""

    paused: bool
    by: str = "operator"


@dataclass(frozen=True, slots=True)
class ReloadConfig:
    """Load the config file again and use what may change without a restart."""

    by: str = "operator"


@dataclass(frozen=True, slots=True)
class StopBot:
    """Stop in order, with the chosen treatment of resting orders."""

    choice: StopChoice
    by: str = "operator"


@dataclass(frozen=True, slots=True)
class SetReplaySpeed:
    """Change the speed of a replay or synthetic market (market seconds per second; 0 = as fast as possible)."""

    speed: float
    by: str = "operator"


Action = SetMode | PanicAll | PauseCreations | ReloadConfig | StopBot | SetReplaySpeed


@dataclass(frozen=True, slots=True)
class ActionResult:
    """Whether an action was taken, and one line saying what happened or why not."""

    ok: bool
    text: str
    refused: bool = False  # by a safety rule


@dataclass(frozen=True, slots=True)
class ChartQuery:
    """Ask for the last `n` candles of a symbol with its levels."""

    symbol: str
    timeframe: Literal["1m", "15m", "1h"] = "1m"
    n: int = 120


@dataclass(frozen=True, slots=True)
class PanicQuery:
    """Ask what a panic of these targets (empty = all) would send."""

    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeQuery:
    """Ask what setting a mode on these targets would do."""

    targets: tuple[Target, ...]
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class ReloadQuery:
    """Ask what a config reload would change."""


@dataclass(frozen=True, slots=True)
class ConfigQuery:
    """Ask for the config in effect, key by key."""


@dataclass(frozen=True, slots=True)
class CoinQuery:
    """Ask for parameters and the last `n` fills of one coin and side, and why orders of both sides are as they are."""

    symbol: str
    pside: Pside
    n: int = 100


@dataclass(frozen=True, slots=True)
class HealthQuery:
    """Ask for what is known of the loop's health in full."""


@dataclass(frozen=True, slots=True)
class BacklogQuery:
    """Ask for what happened since the bot began: the last `events` rows, and equity in at most `points` points."""

    events: int = 1_000
    points: int = 600


Query = ChartQuery | PanicQuery | ModeQuery | ReloadQuery | ConfigQuery | CoinQuery | HealthQuery | BacklogQuery
