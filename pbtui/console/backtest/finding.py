"""Finding the result folders of past backtests, ours and Passivbot's, and the few figures their list shows."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pbtui.console.backtest.view import PastRun
from pbtui.console.text import safe

_ANALYSIS, _SUITE, _FACTS = "analysis.json", "suite_summary.json", "run.json"
_SUITES = "suite_runs"
_DEEPEST = 6
_RUN_DEPTH, _SUITE_DEPTH = 2, 4  # EXCHANGE/TIME, and below suite_runs TIME/LABEL/EXCHANGE/TIME
_MOST = 5_000
_STAMP = "%Y-%m-%dT%H_%M_%S"
_STAMP_LENGTH = 19

Known = Mapping[Path, tuple[int, PastRun]]


def find_runs(roots: Sequence[Path], known: Known) -> dict[Path, tuple[int, PastRun]]:
    """Return past runs below folders by folder, newest first, each with the time its figures were written (ns).

    The first folder is searched whole, of others only where results lie by rule; their runs are called after them, too.
    `known` is an earlier answer: folders that did not change since are not read again.
    """
    found: dict[Path, tuple[int, PastRun]] = {}
    for above, folder, name in _everywhere(roots):
        try:
            changed = (folder / name).stat().st_mtime_ns
        except OSError:
            continue  # gone since it was listed
        before = known.get(folder)
        told = before if before and before[0] == changed else (changed, _read(above, folder, name, changed))
        found.setdefault(folder, told)
        if len(found) >= _MOST:
            break
    return dict(sorted(found.items(), key=lambda item: (-item[1][1].when_ms, str(item[0]))))


def _everywhere(roots: Sequence[Path]) -> Iterator[tuple[Path, Path, str]]:
    """Yield result folders with the folder above that names them, and the file that makes them one."""
    for place, name in _folders(roots[0], _DEEPEST):
        yield roots[0], place, name
    for root in roots[1:]:
        for part, deepest in ((root, _RUN_DEPTH), (root / _SUITES, _SUITE_DEPTH)):
            for place, name in _folders(part, deepest):
                yield root.parent, place, name


def _folders(root: Path, deepest: int) -> Iterator[tuple[Path, str]]:
    """Yield result folders and the file that makes them one; hidden folders are results not finished yet."""
    for place, folders, names in os.walk(root, followlinks=False):
        depth = len(Path(place).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < deepest else []
        for name in (_ANALYSIS, _SUITE):
            if name in names:
                yield Path(place), name
                break


def _read(root: Path, folder: Path, name: str, changed_ns: int) -> PastRun:
    when_ms = moment_of(folder.name) or changed_ns // 1_000_000
    shown = safe(label_of(root, folder), 120)
    if name == _SUITE:
        return PastRun(folder, shown, when_ms, "suite", ours=True)
    try:
        told = json.loads((folder / name).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        return PastRun(folder, shown, when_ms, problem=safe(f"{name}: {error}", 200))
    if not isinstance(told, dict):
        return PastRun(folder, shown, when_ms, problem=f"{name} holds no object")
    return PastRun(
        folder,
        shown,
        when_ms,
        ours=(folder / _FACTS).is_file(),
        gain=_figure(told, "gain"),
        adg=_figure(told, "adg"),
        drawdown=_figure(told, "drawdown_worst"),
    )


def label_of(root: Path, folder: Path) -> str:
    """Return what a run is called: the folders above the one named after its time."""
    parts = folder.relative_to(root).parts
    named = [part for part in parts[:-1] if part != _SUITES and moment_of(part) is None]
    if moment_of(folder.name) is None and parts:
        named.append(parts[-1])
    return "/".join(named) or ("suite" if _SUITES in parts else folder.name)


def moment_of(name: str) -> int | None:
    """Return the time a folder is named after in epoch ms (UTC), None when it is not."""
    try:
        moment = datetime.strptime(name[:_STAMP_LENGTH], _STAMP)
    except ValueError:
        return None
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _figure(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(f"{name}_usd", told.get(name))
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None
