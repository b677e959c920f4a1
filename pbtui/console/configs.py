"""Finding config files to choose from, and finding one of them by a few letters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_ENDINGS = (".json", ".hjson")
_DEEPEST = 4
_MOST = 2_000
_MOST_SEEN = 20_000  # a base folder that holds a whole disk must not be read to its end
# Folders of data that no run is started from, and files that are no configs.
_SKIPPED = {"caches", "run", "logs", "node_modules", "__pycache__", "historical_data", "site-packages"}
_NO_CONFIGS = {"api-keys.json", "approved_coins.json", "ignored_coins.json", "custom_endpoints.json", "package.json"}
# What stands beside a result's config; a config of one's own may have such a name.
_OF_RESULTS = {"analysis.json", "run.json", "suite.json", "suite_summary.json", "summary.json", "validation.json"}
_RESULTS = {"backtests", "optimize_results"}
_ROOM = 70  # what a dialog shows of a path in 80 columns
_OF_FOLDER, _OF_FILE = (10, 11), (17, 5)


def find_configs(base_dir: Path) -> list[Path]:
    """Return files that may be configs: below the base folder, and the program's own; those in configs/ first."""
    from pbtui.config.pipeline import PROGRAM_ROOT

    found: dict[Path, None] = {}
    for root in dict.fromkeys((base_dir.resolve(), (PROGRAM_ROOT / "configs").resolve())):
        below = sorted(_walk(root), key=lambda path: ("configs" not in path.parts, str(path).casefold()))
        found |= dict.fromkeys(below[:_MOST])
    return list(found)


def _walk(root: Path) -> Iterator[Path]:
    seen = 0
    for folder, folders, names in os.walk(root, followlinks=False):
        depth = len(Path(folder).relative_to(root).parts)
        kept = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        folders[:] = kept if depth < _DEEPEST else []
        seen += len(names) + len(folders)
        if seen > _MOST_SEEN:
            return
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS) and not name.startswith(".") and name not in _NO_CONFIGS:
                path = Path(folder) / name
                if name not in _OF_RESULTS or _RESULTS.isdisjoint(path.relative_to(root).parts):
                    yield path


def shown_path(path: Path, base_dir: Path) -> str:
    """Return a path as short as it can be told: below the base folder, else below the program.

    A file of the program that the base folder has under the same name is told in full.
    """
    from pbtui.config.pipeline import PROGRAM_ROOT

    base, program = base_dir.resolve(), PROGRAM_ROOT.resolve()
    if path.is_relative_to(base):
        return str(path.relative_to(base))
    if path.is_relative_to(program) and not (base / path.relative_to(program)).exists():
        return str(path.relative_to(program))
    return str(path)


def short_name(name: str, room: int = _ROOM) -> str:
    """Return a path that is longer than `room` with the middle of its longest parts left out, and its first parts.

    What tells results apart is the end of a run's name and the beginning of a member's.
    """
    if len(name) <= room:
        return name
    *folders, file = name.split("/")
    parts = [*(_without_middle(part, *_OF_FOLDER) for part in folders), _without_middle(file, *_OF_FILE)]
    while len("/".join(parts)) > room and len(parts) > 2:
        parts = ["…", *parts[2 if parts[0] == "…" else 1 :]]
    return "/".join(parts)


def _without_middle(part: str, head: int, tail: int) -> str:
    return part if len(part) <= head + 1 + tail else f"{part[:head]}…{part[-tail:]}"


def fuzzy(typed: str, text: str) -> tuple[int, int] | None:
    """Return how far the letters of `typed` lie apart in `text`, in order (lower is better), None when they do not.

    Each word is sought by itself; the second figure is the length of the text.
    """
    apart, lower = 0, text.casefold()
    for word in typed.casefold().split():
        best: int | None = None
        start = lower.find(word[0])
        while start >= 0:
            at = start
            for letter in word[1:]:
                at = lower.find(letter, at + 1)
                if at < 0:
                    break
            if at < 0:
                break
            spread = at - start + 1 - len(word)
            best = spread if best is None else min(best, spread)
            start = lower.find(word[0], start + 1)
        if best is None:
            return None
        apart += best
    return apart, len(text)


def found_names(names: Sequence[str], typed: str) -> list[int]:
    """Return the places of the names that fit, best first; all in their order when nothing is typed."""
    if not typed.strip():
        return list(range(len(names)))
    scored = [(score, at) for at, name in enumerate(names) if (score := fuzzy(typed, name)) is not None]
    return [at for _, at in sorted(scored)]
