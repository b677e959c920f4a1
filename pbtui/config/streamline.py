"""Laying out configuration files anew without a change of what they say (tools.md 7, config.md 12)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pbtui.config.layout import Layout, Member, Node, read_layout
from pbtui.config.parse import parse_text, read_text
from pbtui.core.errors import ConfigError, StateError
from pbtui.core.files import write_new
from pbtui.core.sanitize import sanitize_line

WIDTH = 72  # as of Pareto members
_SUFFIXES = (".json", ".hjson")


@dataclass(frozen=True, slots=True)
class Style:
    """How to lay out: containers up to `width` characters on one line, others opened up and indented."""

    width: int = WIDTH
    indent: int = 4
    sort_keys: bool = False


@dataclass(frozen=True, slots=True)
class Restyled:
    """A file and its text before and after."""

    path: Path
    before: str
    after: str


def find_configs(place: Path) -> list[Path]:
    """Return the file, or every .json and .hjson below a folder, each once, ascending; raises ConfigError for none."""
    if not place.is_dir():
        return [place]
    found = sorted(path for path in place.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    if not found:
        raise ConfigError(f"{sanitize_line(place, limit=200)}: no .json or .hjson file in it")
    once: dict[Path, Path] = {}
    for path in sorted(found, key=Path.is_symlink):  # of a file and a link to it the file
        once.setdefault(path.resolve(), path)
    return sorted(once.values())


def restyle(path: Path, style: Style) -> Restyled:
    """Return a file's text laid out anew; raises ConfigError when it can't be read or would say something else."""
    source = sanitize_line(path, limit=200)
    before = read_text(path)
    after = streamlined(before, source, style)
    return Restyled(path, before, after)


def streamlined(text: str, source: str, style: Style) -> str:
    """Return a JSON or HJSON text as JSON with its comments, numbers and texts spelled as they were.

    Raises ConfigError when the text can't be read, and where the new text would not have the same values and comments.
    """
    if not text.strip("\ufeff \t\r\n"):
        raise ConfigError(f"{source}: is empty", hint="this is no configuration")
    is_object = not text.lstrip("\ufeff \t\r\n").startswith("[")
    value = parse_text(text, source, is_object=is_object)
    if not isinstance(value, dict | list):
        raise ConfigError(f"{source}: holds no object and no list", hint="this is no configuration")
    layout = read_layout(text, source)
    after = _Writer(style, bool(_comments(layout))).whole(layout)
    again = parse_text(after, source, is_object=is_object)
    kept = sorted(_comments(layout)) == sorted(_comments(read_layout(after, source)))
    if not kept or not _same(again, cast("Any", value)):
        raise ConfigError(f"{source}: can't be laid out anew without losing a value or a comment")
    return after


def write_all(files: Sequence[Restyled]) -> None:
    """Put the new texts in place, each by one rename after all are written beside; raises StateError.

    A file that was changed since it was read stops all of them.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for each in files:
            target = each.path.resolve()
            if read_text(target) != each.before:
                raise StateError(f"{sanitize_line(each.path, limit=200)}: was changed meanwhile; nothing was written")
            aside = target.with_name(f".{target.name}.{os.getpid()}.new")
            staged.append((aside, target))
            write_new(aside, each.after.encode(), mode=stat.S_IMODE(target.stat().st_mode), exact=True)
        for aside, target in staged:
            aside.replace(target)
    except OSError as error:
        shown = sanitize_line(error.filename or "a file", limit=200)
        raise StateError(f"{shown} can't be written: {error.strerror or 'unknown fault'}") from error
    finally:
        for aside, _ in staged:
            with suppress(OSError):  # what stopped the writing is told; that it stops this, too, is no news
                aside.unlink(missing_ok=True)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type, value and, in objects, the set of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        a, b = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)
    if isinstance(one, list):
        rows, others = cast("list[Any]", one), cast("list[Any]", other)
        return len(rows) == len(others) and all(map(_same, rows, others))
    return bool(one == other)


def _comments(layout: Layout) -> list[str]:
    """Return every comment of a text."""
    return [*layout.above, *_within(layout.root), *layout.below]


def _within(node: Node) -> Iterator[str]:
    for each in node.members:
        yield from each.above
        if each.beside:
            yield each.beside
        yield from _within(each.value)
    yield from node.below


def _commented(node: Node) -> bool:
    return bool(node.below) or any(each.above or each.beside or _commented(each.value) for each in node.members)


class _Writer:
    def __init__(self, style: Style, spaced: bool) -> None:
        self.style = style
        self.spaced = spaced  # empty lines stay where a person has written comments

    def whole(self, layout: Layout) -> str:
        root = self._opened(layout.root, 0)[0]
        return "\n".join([*layout.above, root, *layout.below]) + "\n"

    def _opened(self, node: Node, level: int) -> tuple[str, str]:
        """Return the laid out and the compact text; a container with a comment in it has no compact one."""
        if node.kind == "scalar":
            return node.text, node.text
        opening, closing = "{}" if node.kind == "object" else "[]"
        parts = [(each, *self._opened(each.value, level + 1)) for each in self._ordered(node)]
        if not _commented(node):
            inner = ",".join(f"{each.name}:{text}" if each.name else text for each, _, text in parts)
            compact = f"{opening}{inner}{closing}"
            if len(compact) <= self.style.width or not parts:
                return compact, compact
        else:
            compact = ""
        rows = list(self._rows(parts, node.below, " " * self.style.indent * (level + 1)))
        return "\n".join([opening, *rows, " " * self.style.indent * level + closing]), compact

    def _rows(self, parts: list[tuple[Member, str, str]], below: list[str], inner: str) -> Iterator[str]:
        for number, (each, text, _) in enumerate(parts, start=1):
            if each.apart and self.spaced and number > 1:
                yield ""
            yield from (inner + comment for comment in each.above)
            comma = "," if number < len(parts) else ""
            head = f"{each.name}: " if each.name else ""
            tail = f"  {each.beside}" if each.beside else ""
            yield f"{inner}{head}{text}{comma}{tail}"
        yield from (inner + comment for comment in below)

    def _ordered(self, node: Node) -> list[Member]:
        if node.kind == "object" and self.style.sort_keys:
            return sorted(node.members, key=lambda each: each.name)
        return node.members
