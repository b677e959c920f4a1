"""Where a value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pbtui.core.record import record

OriginKind = Literal[
    "file", "shipped", "built-in", "ours", "computed", "migrated", "override file", "coin override", "flag", "edit"
]

ORIGIN_WORDS: dict[OriginKind, str] = {
    "file": "file",
    "shipped": "template",
    "built-in": "built-in default",
    "ours": "default of pbtui",
    "computed": "computed default",
    "migrated": "migrated from",
    "override file": "override file",
    "coin override": "coin override",
    "flag": "flag",
    "edit": "edited",
}


@record
class Origin:
    """Source of a value; `detail` is the file, the old key name or the flag."""

    kind: OriginKind
    detail: str = ""

    @property
    def written(self) -> bool:
        """Whether somebody wrote the value down, as opposed to a default filling it."""
        return self.kind not in {"built-in", "ours", "computed"}

    def __str__(self) -> str:
        text = ORIGIN_WORDS[self.kind]
        return f"{text} {self.detail}".rstrip()


def nearest_origin(origins: Mapping[tuple[str, ...], Origin], path: tuple[str, ...], default: str = "") -> Origin:
    """Return the record of a path or of the nearest part around it; the file called `default` when there is none."""
    for length in range(len(path), -1, -1):
        found = origins.get(path[:length])
        if found is not None:
            return found
    return Origin("file", default)
