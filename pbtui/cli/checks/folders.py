"""Folders: can they be written, are they private where they must be, is there room on their disks."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pbtui.cli.checks.finding import Asked, Finding, fix, ok, warn
from pbtui.core.system import POSIX, is_mine, open_to_others

_AREA = "folders"
_BELOW = ("caches", "backtests", "optimize_results", "run")
_LITTLE = 2 << 30
_TOO_LITTLE = 200 << 20
_FEW_FILES = 0.01
_SOCKET_NAME = "/000000000000.sock"
_SOCKET_PATH_MAX = 104  # of the narrowest platform


def look(asked: Asked) -> Iterator[Finding]:
    """Yield what there is to say of each folder the program writes to; missing ones are not made."""
    base = asked.base_dir.absolute()
    state, config, temporary = state_folder(), settings_folder(), Path(tempfile.gettempdir())
    yield _writable("base", base, f"choose one that you own with --base-dir, or chown {base}")
    for name in _BELOW:
        if (base / name).exists():
            yield _writable(name, base / name, f"chown -R {_user()} {base / name}")
    yield from _datasets(base / "caches" / "datasets")
    yield _private_state(state)
    yield _readable("settings", config, f"chmod u+rx {config}, or set XDG_CONFIG_HOME to a folder of yours")
    yield _writable("temporary", temporary, "set TMPDIR to a folder of yours")
    seen: set[int] = set()
    for place in (base, state, temporary):
        there = _existing(place)
        device = there.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield from _room(place, there)


def state_folder() -> Path:
    """Return the folder of locks, sockets and confirmations, without making it."""
    import platformdirs

    return Path(platformdirs.user_state_dir("pbtui"))


def settings_folder() -> Path:
    """Return the folder of the operator's own files, without making it; the program only reads there."""
    import platformdirs

    return Path(platformdirs.user_config_dir("pbtui"))


def _existing(place: Path) -> Path:
    """Return the nearest folder above (or at) a place that is there."""
    for candidate in (place, *place.parents):
        if candidate.exists():
            return candidate
    return Path("/")


def _user() -> str:
    return f"{os.getuid()}" if hasattr(os, "getuid") else "you"


def _writable(name: str, place: Path, todo: str) -> Finding:
    there = _existing(place)
    if not there.is_dir():
        return fix(_AREA, name, f"{there} is no folder", todo)
    if not os.access(there, os.W_OK | os.X_OK):
        return fix(_AREA, name, f"{place} cannot be written", todo)
    return ok(_AREA, name, f"{place}" if there == place else f"{place} (will be made)")


def _readable(name: str, place: Path, todo: str) -> Finding:
    if not place.exists():
        return ok(_AREA, name, f"{place} (not there, and not needed)")
    if not place.is_dir() or not os.access(place, os.R_OK | os.X_OK):
        return fix(_AREA, name, f"{place} cannot be read", todo)
    return ok(_AREA, name, f"{place}")


def _private_state(place: Path) -> Finding:
    found = _writable("state", place, "set XDG_STATE_HOME to a folder of yours")
    if found.todo or not place.exists():
        return found
    status = place.lstat()
    if not is_mine(status):
        return fix(_AREA, "state", f"{place} belongs to somebody else", "set XDG_STATE_HOME to a folder of yours")
    if not stat.S_ISDIR(status.st_mode):
        return fix(_AREA, "state", f"{place} is a link", f"remove {place}: locks must lie in a folder of this user")
    if POSIX and len(os.fsencode(place)) + len(_SOCKET_NAME) >= _SOCKET_PATH_MAX:
        return fix(_AREA, "state", f"{place} is too long for sockets", "set XDG_STATE_HOME to a shorter folder")
    if open_to_others(stat.S_IMODE(status.st_mode)):
        return warn(_AREA, "state", f"{place} is open to others (the next start closes it)", f"chmod 700 {place}")
    return ok(_AREA, "state", f"{place} (private)")


def _datasets(root: Path) -> Iterator[Finding]:
    """Tell how much room the prepared candles of backtests take, where there are some."""
    from pbtui.market.prepare.clearing import kept, mebibytes

    found = kept(root)
    if found:
        size = mebibytes(sum(each.size for each in found))
        yield ok(_AREA, "datasets", f"{len(found):,} prepared for backtests, {size} (pbtui tool datasets)")


def _room(place: Path, there: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(there).free
    text = f"{free / (1 << 30):,.1f} GiB free at {place}"
    todo = "make room: ledgers, logs and candles are written all the time"
    if free < _TOO_LITTLE:
        yield fix(_AREA, "room", text, todo)
    elif free < _LITTLE:
        yield warn(_AREA, "room", text, "candles and results of backtests grow; see pbtui candles coverage")
    else:
        yield ok(_AREA, "room", text)
    if hasattr(os, "statvfs"):
        files = os.statvfs(there)
        if files.f_files and files.f_favail < files.f_files * _FEW_FILES:
            yield warn(_AREA, "room", f"{files.f_favail:,} more files fit at {place}", "delete small files there")
