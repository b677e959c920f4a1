"""A configuration in the making: the data, the origin of each part, what was changed and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from pbtui.config.errors import Problem
from pbtui.config.keys import Path
from pbtui.config.provenance import Origin, nearest_origin
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line

MOST_NAMED = 50  # of one kind of slip: more lines help nobody


@record
class Change:
    """One step of a migration, in words."""

    action: str  # add, remove, rename, update
    path: str
    detail: str = ""

    def text(self) -> str:
        """Return the change as one line."""
        return sanitize_line(f"{self.action} {self.path} {self.detail}")


@dataclass(slots=True)
class Draft:
    """Nested data plus, for each part that is not simply from the file, where it comes from.

    `taken` holds the old keys that gave other keys their value, with the names of those.
    """

    data: dict[str, Any]
    source: str
    origins: dict[Path, Origin] = field(default_factory=dict[Path, Origin])
    warnings: list[str] = field(default_factory=list[str])
    changes: list[Change] = field(default_factory=list[Change])
    problems: list[Problem] = field(default_factory=list[Problem])
    taken: dict[Path, list[str]] = field(default_factory=dict[Path, list[str]])

    def section(self, *path: str) -> dict[str, Any]:
        """Return the dict at `path`, creating it (and replacing nothing but absence); {} for other types."""
        node: Any = self.data
        for part in path:
            if not isinstance(node, dict):
                return {}
            node = cast("dict[str, Any]", node).setdefault(part, {})
        return cast("dict[str, Any]", node) if isinstance(node, dict) else {}

    def has(self, path: Path) -> bool:
        """Whether a value is present at `path`."""
        node: Any = self.data
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return False
            node = cast("dict[str, Any]", node)[part]
        return True

    def get(self, path: Path, default: Any = None) -> Any:
        """Return the value at `path`, or `default`."""
        node: Any = self.data
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return default
            node = cast("dict[str, Any]", node)[part]
        return node

    def put(self, path: Path, value: Any, origin: Origin | None = None) -> None:
        """Set a value; with `origin` also where it comes from (parts below lose theirs)."""
        self.section(*path[:-1])[path[-1]] = value
        if origin is not None:
            self.mark(path, origin)

    def mark(self, path: Path, origin: Origin) -> None:
        """Record the origin of a part."""
        for known in [item for item in self.origins if item[: len(path)] == path]:
            del self.origins[known]
        self.origins[path] = origin

    def drop(self, path: Path) -> Any:
        """Remove and return a value; None when absent."""
        return self.section(*path[:-1]).pop(path[-1], None) if self.has(path) else None

    def rename(self, old: Path, new: Path, *, overwrite: bool = False) -> bool:
        """Move a value; when the new name is taken the old one is dropped, unless `overwrite`. True if it moved."""
        if not self.has(old):
            return False
        value = self.drop(old)
        old_name, new_name = ".".join(old), ".".join(new)
        if self.has(new) and not overwrite:
            self.changes.append(Change("remove", old_name, f"({new_name} is set)"))
            return False
        self.put(new, value, Origin("migrated", old_name))
        self.changes.append(Change("rename", old_name, f"to {new_name}"))
        return True

    def origin(self, path: Path) -> Origin:
        """Return where the value at `path` comes from: its own record or that of the nearest part around it."""
        return nearest_origin(self.origins, path, self.source)

    def warn(self, text: str) -> None:
        """Record a warning once."""
        line = sanitize_line(text, limit=600)
        if line not in self.warnings:
            self.warnings.append(line)

    def fault(self, path: Path, wrong: str, allowed: str = "") -> None:
        """Record a problem."""
        self.problems.append(Problem(".".join(path), wrong, allowed))
