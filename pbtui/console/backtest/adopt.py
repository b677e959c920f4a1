"""A backtest's configuration as one to trade with: what it changes, and the file it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbtui.console.text import Line, safe
from pbtui.core.errors import ConfigError

if TYPE_CHECKING:
    from pbtui.config import Config
    from pbtui.config.diff import Difference

_TRADING = ("bot.", "live.", "coin_overrides")
_RISK = ("total_wallet_exposure_limit", "n_positions", "leverage", "max_realized_loss_pct", "approved_coins")
_MOST_LINES = 24


@dataclass(frozen=True, slots=True)
class Adoption:
    """A configuration to write, and how it differs from the one compared with (`against`, empty: the template)."""

    target: Path
    data: dict[str, Any]
    changes: tuple[Difference, ...]
    against: str
    warnings: tuple[str, ...]


def prepare(folder: Path, running: Path | None, base_dir: Path) -> Adoption:
    """Return what using a result's configuration would mean; raises ConfigError when it cannot trade.

    The account stays that of the running configuration: which one to trade with is no result of a backtest.
    """
    from pbtui.config import load
    from pbtui.config.diff import differences

    found = load(folder / "config.json", command="live", base_dir=base_dir)
    now = load(running, command="live", base_dir=base_dir)
    data = {name: value for name, value in found.data.items() if not name.startswith("_")}
    data["live"] = {**data["live"], "user": now.live.user}
    changes = [each for each in differences(now.data, data) if each.key.startswith(_TRADING)]
    return Adoption(
        target=free_target(base_dir / "configs", folder.name),
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
    """Return what the dialog says: differences, what may cost more first, the file, and that nothing runs on it."""
    against = safe(adoption.against, 60) or "the shipped template"
    count = len(adoption.changes)
    head = f"{count} key{'s' * (count != 1)} differ{'s' * (count == 1)} from {against}:" if count else f"As {against}."
    lines: list[Line] = [((head, "text"),)]
    for change in adoption.changes[:_MOST_LINES]:
        ink = "warn" if _risky(change.key) else "strong"
        lines.append(((safe(change.key, 70), ink),))
        lines.append(
            (("  ", "text"), (safe(change.left, 60), "dim"), (" → ", "dim"), (safe(change.right, 60), "accent"))
        )
    if count > _MOST_LINES:
        lines.append(((f"and {count - _MOST_LINES} more", "dim"),))
    lines += [((f"⚠ {safe(text, 200)}", "warn"),) for text in adoption.warnings[:3]]
    return [
        *lines,
        (),
        (("writes ", "text"), (shown, "strong")),
        (("The running bot is not changed. Start with it: ", "dim"), (f"pbtui run {shown}", "accent")),
    ]


def running_config(named: Path | None, name: str, candidates: Sequence[Path]) -> Path | None:
    """Return the file of the running configuration: where it is known, else the only one of its name."""
    if named is not None:
        return named
    found = [path for path in candidates if path.name == name]
    return found[0] if len(found) == 1 else None


def load_for_form(path: Path | None, base_dir: Path, now_ms: int) -> Config:
    """Return a configuration as a backtest takes it; raises ConfigError."""
    from pbtui.config import load

    return load(path, command="backtest", base_dir=base_dir, now_ms=now_ms)


def _risky(key: str) -> bool:
    return any(part in key for part in _RISK)
