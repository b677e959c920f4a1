"""Lists of hashes of day files, to compare two machines (tools.md 6, hash-historical and compare-historical-hashes)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.day_files import digest_of, find_days, is_day_name, read_day


@dataclass(frozen=True, slots=True)
class Apart:
    """How two lists differ: names with other hashes, and names that only one of them has."""

    differing: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether they differ at all."""
        return bool(self.differing or self.only_a or self.only_b)


def manifest(roots: Sequence[Path], now_ms: int, on_coin: Callable[[str], None]) -> tuple[dict[str, Any], list[str]]:
    """Return the list of some folders as Passivbot writes it, and a line for each file that cannot be read.

    Names are relative to the folder, with its own name before them where several are listed. Raises ConfigError.
    """
    files: dict[str, str] = {}
    broken: list[str] = []
    for root in roots:
        before = f"{root.name}/" if len(roots) > 1 else ""
        for coin, paths in find_days(root).items():
            on_coin(f"{before}{coin}: {len(paths)} files")
            for path in paths:
                name = f"{before}{path.relative_to(root).as_posix()}"
                try:
                    files[name] = digest_of(read_day(path))
                except DataError as error:
                    broken.append(f"{sanitize_line(name, limit=200)}: {error.message}")
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="seconds")
    return {"generated_at": stamp, "roots": [str(root) for root in roots], "files": files}, broken


def read_manifest(path: Path) -> Mapping[str, str]:
    """Return the hashes of a list by name; raises ConfigError for a file that is none."""
    shown = sanitize_line(path, limit=200)
    try:
        document: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{shown} cannot be read: {sanitize_line(error, limit=120)}") from error
    files: Any = cast("dict[str, Any]", document).get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict) or not all(isinstance(each, str) for each in cast("Any", files).values()):
        raise ConfigError(f"{shown} is no list of hashes", hint="verify-hlcvs hash-historical --output FILE makes one")
    return cast("dict[str, str]", files)


def compare_manifests(a: Mapping[str, str], b: Mapping[str, str]) -> Apart:
    """Return how two lists differ."""
    return Apart(
        tuple(sorted(name for name in a.keys() & b.keys() if a[name] != b[name])),
        tuple(sorted(a.keys() - b.keys())),
        tuple(sorted(b.keys() - a.keys())),
    )


def below(root: Path, names: Sequence[str]) -> list[Path]:
    """Return the day files of these names that are there below a folder.

    Raises ConfigError for a missing folder, and for a name that is no day file's or leads out of the folder: nothing
    may be deleted by such a list.
    """
    if not root.is_dir():
        raise ConfigError(f"no folder {sanitize_line(root, limit=200)}")
    home = root.resolve()
    found: list[Path] = []
    for name in names:
        path = root / name
        if not is_day_name(name) or not path.resolve().is_relative_to(home):
            shown = sanitize_line(name, limit=120)
            raise ConfigError(f"{shown!r} in the list names no day file below the folder: nothing is deleted")
        if path.is_file() and not path.is_symlink():
            found.append(path)
    return found
