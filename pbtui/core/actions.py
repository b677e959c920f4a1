"""What an operator can ask of a bot: actions change something, queries only look."""

from __future__ import annotations

from typing import Literal

from pbtui.core.fill_pages import FillsQuery
from pbtui.core.record import record
from pbtui.core.types import Mode, Pside

StopChoice = Literal["keep", "cancel_entries", "cancel_all"]


@record
class Target:
    """One coin and side."""

    symbol: str
    pside: Pside


@record
class SetMode:
    """Set a hand mode on coins and sides; `mode` None gives them back to the config."""

    targets: tuple[Target, ...]
    mode: Mode | None
    by: str = "operator"
    confirm: str = ""  # for panic: the coin typed by the operator


@record
class PanicAll:
    """Close everything now; `confirm` must be PANIC."""

    confirm: str
    by: str = "operator"


@record
class PauseCreations:
    """Pause or resume the creation of new orders; cancels and closes go on."""

    paused: bool
    by: str = "operator"


@record
class ReloadConfig:
    """Load the config file again and use what may change without a restart."""

    by: str = "operator"


@record
class StopBot:
    """Stop in order, with the chosen treatment of resting orders."""

    choice: StopChoice
    by: str = "operator"


@record
class SetReplaySpeed:
    """Change the speed of a replay or synthetic market (market seconds per second; 0 = as fast as possible)."""

    speed: float
    by: str = "operator"


Action = SetMode | PanicAll | PauseCreations | ReloadConfig | StopBot | SetReplaySpeed


@record
class ActionResult:
    """Whether an action was taken, and one line saying what happened or why not."""

    ok: bool
    text: str
    refused: bool = False  # by a safety rule
    unknown: bool = False  # it names a coin that the bot does not trade


@record
class ChartQuery:
    """Ask for the last `n` candles of a symbol with its levels."""

    symbol: str
    timeframe: Literal["1m", "15m", "1h"] = "1m"
    n: int = 120


@record
class PanicQuery:
    """Ask what a panic of these targets (empty = all) would send."""

    targets: tuple[Target, ...] = ()


@record
class ModeQuery:
    """Ask what setting a mode on these targets would do."""

    targets: tuple[Target, ...]
    mode: Mode | None


@record
class ReloadQuery:
    """Ask what a config reload would change."""


@record
class ConfigQuery:
    """Ask for the config in effect, key by key."""


@record
class CoinQuery:
    """Ask for parameters and the last `n` fills of one coin and side, and why orders of both sides are as they are."""

    symbol: str
    pside: Pside
    n: int = 100


@record
class HealthQuery:
    """Ask for what is known of the loop's health in full."""


@record
class BacklogQuery:
    """Ask for what happened since the bot began: the last `events` rows, and equity in at most `points` points."""

    events: int = 1_000
    points: int = 600


Query = (
    ChartQuery
    | PanicQuery
    | ModeQuery
    | ReloadQuery
    | ConfigQuery
    | CoinQuery
    | HealthQuery
    | BacklogQuery
    | FillsQuery
)
