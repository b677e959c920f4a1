"""The folder `pareto/`: one file for each member of the front (optimizer.md 12.4)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import sync_file, sync_folder
from pbtui.optimize.front import Candidate, distances
from pbtui.optimize.record import member_id, member_text

FOLDER = "pareto"
ContentOf = Callable[[Candidate], Mapping[str, Any]]


class Members:
    """Keeps the files of a folder equal to a front. While the run goes on they are named by their content alone.

    The distance to the ideal point depends on the whole front, so it enters the names with the last write.
    """

    def __init__(self, folder: Path, content_of: ContentOf) -> None:
        self._folder = folder
        self._content_of = content_of
        self._ids: dict[int, str] = {}

    def sync(self, members: Sequence[Candidate]) -> None:
        """Write what is new and remove what has left; raises StateError."""
        self._write(members, {})

    def finish(self, members: Sequence[Candidate]) -> None:
        """Write what is new and give every file its final name; raises StateError."""
        told = distances([member.score for member in members])
        self._write(members, {member.number: f"{far:08.4f}_" for member, far in zip(members, told, strict=True)})

    def id_of(self, member: Candidate) -> str:
        """Return the name a member's file goes by, without distance; "" before it is written."""
        return self._ids.get(member.number, "")

    def _write(self, members: Sequence[Candidate], heads: Mapping[int, str]) -> None:
        try:
            self._folder.mkdir(exist_ok=True)
            for stray in self._folder.glob("*.tmp"):  # of a process that was killed
                stray.unlink(missing_ok=True)
            there = {path.stem.rpartition("_")[2]: path for path in self._folder.glob("*.json")}
            numbers = {member.number for member in members}
            self._ids = {number: name for number, name in self._ids.items() if number in numbers}
            for member in members:
                name = self._place(member, there)
                if heads:
                    there[name] = self._named(there[name], f"{heads[member.number]}{name}.json")
            wanted = set(self._ids.values())
            for name, path in there.items():
                if name not in wanted:
                    path.unlink(missing_ok=True)
            if heads:
                self._settle(there[name] for name in wanted)
        except OSError as error:
            why = sanitize_line(error.strerror or error, limit=120)
            raise StateError(f"{FOLDER} cannot be written: {why}", hint="make room and go on with --resume") from error

    def _place(self, member: Candidate, there: dict[str, Path]) -> str:
        """Return the member's name, its file written where it was missing."""
        known = self._ids.get(member.number)
        if known is not None and known in there:
            return known
        content = self._content_of(member)
        name = member_id(content)
        self._ids[member.number] = name
        if name not in there:
            there[name] = self._folder / f"{name}.json"
            self._write_file(there[name], member_text(content))
        return name

    def _write_file(self, path: Path, text: str) -> None:
        """Write a file whole; not yet durably, since the journal holds all it takes to write it again."""
        draft = path.with_name(f"{path.name}.tmp")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)

    def _settle(self, paths: Iterable[Path]) -> None:
        """Make files and their names durable."""
        for path in paths:
            sync_file(path)
        sync_folder(self._folder)

    def _named(self, path: Path, name: str) -> Path:
        if path.name == name:
            return path
        target = path.with_name(name)
        os.replace(path, target)
        return target
