"""Which file holds the fills of an account that the operator names."""

from __future__ import annotations

from pathlib import Path

from pbtui.core.errors import ConfigError, StateError
from pbtui.core.sanitize import sanitize_line

_NAMES = ("fills.db", "ledger.db")  # of a real account, of a simulated one
_DEPTH = ("*", "*/synthetic-*")


def kept_files(base_dir: Path) -> dict[str, Path]:
    """Return what is kept below the base folder by the names it can be asked for with."""
    run = base_dir / "run"
    found: dict[str, Path] = {}
    for pattern in _DEPTH:
        for folder in sorted(run.glob(pattern)):
            path = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
            if path is not None:
                found[folder.relative_to(run).as_posix()] = path
    return found


def file_of(user: str, base_dir: Path) -> Path:
    """Return the file of an account, a running bot or a run folder; raises ConfigError naming what there is."""
    kept = kept_files(base_dir)
    if user in kept:
        return kept[user]
    hits = {name: path for name, path in kept.items() if user != "" and name.startswith(f"{user}-")}
    if len(hits) > 1:
        raise ConfigError(f"{len(hits)} accounts are called {shown(user)}", hint=f"name one of: {_listed(hits)}")
    found = next(iter(hits.values()), None) or _of_bot(user)
    if found is None:
        where = sanitize_line(base_dir / "run", limit=200)
        hint = f"kept: {_listed(kept)}" if kept else "its bot has not run there yet; --base-dir names another folder"
        raise ConfigError(f"no fills of {shown(user)} are kept in {where}", hint=hint)
    return found


def shown(user: str) -> str:
    """Return a name as it may be written on a terminal."""
    return sanitize_line(user, limit=60) or "''"


def _of_bot(user: str) -> Path | None:
    """Return the file of a running bot, wherever it keeps it."""
    from pbtui.live import lock

    try:
        info = lock.find(lock.state_folder(), user)
    except (lock.NotRunning, StateError):
        return None
    folders = [Path(info.run_dir), *sorted(Path(info.run_dir).glob("synthetic-*"))]
    paths = [folder / name for folder in folders for name in _NAMES if (folder / name).is_file()]
    return max(paths, key=lambda path: path.stat().st_mtime_ns, default=None)


def _listed(kept: dict[str, Path]) -> str:
    return ", ".join(sanitize_line(name, limit=60) for name in sorted(kept))
