"""A backtest's configuration as one to trade with: what it changes, and the file it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.text import Line, safe
from pbtui.console.widgets.columns import Row, cell
from pbtui.core.errors import ConfigError
from pbtui.core.record import record

if TYPE_CHECKING:
    from pbtui.config import Config
    from pbtui.config.diff import Difference

_TRADING = ("bot.", "live.", "coin_overrides")
_RISK = ("total_wallet_exposure_limit", "n_positions", "leverage", "max_realized_loss_pct", "approved_coins")
_MOST_WARNINGS = 2


@record
class Adoption:
    """A configuration to write, and how it differs from the one compared with (`against`, empty: the template)."""

    target: Path
    data: dict[str, Any]
    changes: tuple[Difference, ...]
    against: str
    warnings: tuple[str, ...]


def prepare_file(path: Path, name: str, running: Path | None, base_dir: Path) -> Adoption:
    """Return what using a file as `name` would mean; raises ConfigError when it cannot trade.

    The account stays that of the running configuration: which one to trade with is no result of a backtest.
    """
    from pbtui.config import load
    from pbtui.config.diff import differences

    found = load(path, command="live", base_dir=base_dir)
    now = load(running, command="live", base_dir=base_dir)
    data = {name: value for name, value in found.data.items() if not name.startswith("_")}
    data["live"] = {**data["live"], "user": now.live.user}
    changes = [each for each in differences(now.data, data) if each.key.startswith(_TRADING)]
    return Adoption(
        target=free_target(base_dir / "configs", name),
        data=data,
        changes=tuple(sorted(changes, key=lambda each: (not _risky(each.key), each.key))),
        against=running.name if running is not None else "",
        warnings=tuple(found.warnings),
    )


def free_target(configs: Path, name: str) -> Path:
    """Return a file name below the configs that is not taken."""
    stem = "live_" + "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)[:80]
    names = (configs / f"{stem}.json", *(configs / f"{stem}_{number}.json" for number in range(2, 1_000)))
    return next(path for path in names if not path.exists())


def write(adoption: Adoption) -> Path:
    """Write the file and return it; raises ConfigError when the disk refuses."""
    from pbtui.config.dump import write_config

    try:
        adoption.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{safe(adoption.target.parent, 200)}: {error.strerror or error}") from None
    write_config(adoption.target, adoption.data, clean=True)
    return adoption.target


def words_of(adoption: Adoption, shown: str) -> list[Line]:
    """Return what the dialog says: the file, how to start with it, that nothing runs on it, how much differs."""
    against = safe(adoption.against, 60) or "the shipped template"
    count = len(adoption.changes)
    differ = f"{count} key{'s' * (count != 1)} differ{'s' * (count == 1)} from {against}" if count else f"as {against}"
    return [
        (("writes ", "text"), (shown, "strong")),
        (("start with it: ", "text"), (f"pbtui run {shown}", "accent")),
        (("The running bot goes on with the config it has.", "dim"),),
        *((("⚠ ", "warn"), (safe(text, 200), "dim")) for text in adoption.warnings[:_MOST_WARNINGS]),
        (),
        ((f"{differ}{', what may cost more first:' if count else '.'}", "text"),),
    ]


def change_rows(adoption: Adoption) -> list[Row]:
    """Return the keys that differ, with the value of now and the one of then."""
    return [
        Row(
            change.key,
            (
                cell(safe(change.key, 80), "warn" if _risky(change.key) else "text"),
                cell(_value(change.left), "dim"),
                cell(_value(change.right), "accent"),
            ),
        )
        for change in adoption.changes
    ]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{safe(name, 20)}: {_value(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return " ".join(safe(part, 40) for part in value) or "none"
    return safe(value, 120)


def running_config(named: Path | None, name: str, candidates: Sequence[Path], base_dir: Path) -> Path | None:
    """Return the file of the running configuration: where it is known, else the only one of its name.

    One of the base folder goes before one of the program's own.
    """
    if named is not None:
        return named
    found = [path for path in candidates if path.name == name]
    nearer = [path for path in found if path.is_relative_to(base_dir.resolve())]
    found = nearer or found
    return found[0] if len(found) == 1 else None


def load_for_form(path: Path | None, base_dir: Path, now_ms: int) -> Config:
    """Return a configuration as a backtest takes it; raises ConfigError."""
    from pbtui.config import load

    return load(path, command="backtest", base_dir=base_dir, now_ms=now_ms)


def _risky(key: str) -> bool:
    return any(part in key for part in _RISK)
