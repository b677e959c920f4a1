"""The bytes of a log: the file a bot writes, the rotated ones before it, or a few rows held in memory.

Read with `pread`, never mapped: a mapped file that somebody cuts short ends the process, and with it the bot.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

from pbtui.core.errors import StateError

MOST_ROTATED = 9
Change = Literal["same", "grown", "rotated", "anew"]
Identity = tuple[int, int]


class Piece(Protocol):
    """Bytes that only grow; `number` orders the pieces of a log, `sealed` says that no more will come."""

    number: int
    sealed: bool

    @property
    def size(self) -> int:
        """The bytes known so far."""
        ...

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""
        ...


class Pieces(Protocol):
    """Everything a log consists of, oldest first."""

    problem: str  # why there is nothing, or nothing new

    @property
    def pieces(self) -> list[Piece]:
        """The pieces, oldest first."""
        ...

    def poll(self) -> Change:
        """Look for what has changed; `anew` asks to forget everything that was read."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class MemoryPiece:
    """Bytes in memory."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.sealed = False
        self._data = bytearray()

    @property
    def size(self) -> int:
        """The bytes held."""
        return len(self._data)

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        self._data += data

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`."""
        return bytes(self._data[offset : offset + count])


class MemoryLog:
    """A log of one piece in memory, for rows that came over a link."""

    def __init__(self) -> None:
        self.piece = MemoryPiece()
        self.problem = ""
        self._seen = 0

    @property
    def pieces(self) -> list[Piece]:
        """The one piece."""
        return [self.piece]

    def poll(self) -> Change:
        """Look whether bytes were added."""
        seen, self._seen = self._seen, self.piece.size
        return "grown" if self._seen > seen else "same"

    def close(self) -> None:
        """Nothing to let go of."""


class FilePiece:
    """One open file; a name that later means another file changes nothing here."""

    def __init__(self, path: Path, number: int, *, sealed: bool = False) -> None:
        self.number = number
        self.sealed = sealed
        # Not to wait for the other end of a pipe that stands where a file should.
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise OSError("not a regular file")
        self.identity: Identity = (found.st_dev, found.st_ino)
        self._size = found.st_size

    @property
    def size(self) -> int:
        """The bytes at the last look."""
        return self._size

    def look(self) -> int:
        """Read the size anew and return it."""
        self._size = os.fstat(self._descriptor).st_size
        return self._size

    @property
    def unlinked(self) -> bool:
        """Tell whether no name leads to the file any more."""
        return os.fstat(self._descriptor).st_nlink == 0

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes from `offset`; fewer where the file ends sooner."""
        parts: list[bytes] = []
        while count > 0 and (part := os.pread(self._descriptor, count, offset)):
            parts.append(part)
            offset += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):
                os.close(descriptor)


class LogFiles:
    """A log file with its rotated predecessors (`.1` is the youngest), followed through rotation and deletion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self._files: list[FilePiece] = []
        self._next = 0
        self._closed = False

    @property
    def pieces(self) -> list[Piece]:
        """The pieces, oldest first."""
        return list(self._files)

    def poll(self) -> Change:
        """Look at the file behind the name; raises StateError when nothing can be read and nothing was before."""
        if self._closed:  # by the console, while a step was about to begin in its thread
            raise StateError("the log is closed")
        try:
            found = os.stat(self.path)
        except OSError as error:
            return self._missing(error)
        except ValueError as error:  # a NUL or half a character in the name
            raise StateError("the name of the log is not one of a file") from error
        if not self._files:
            self._open()
            return "anew"
        last = self._files[-1]
        if (found.st_dev, found.st_ino) != last.identity:
            return self._turn(last)
        self.problem = ""
        before, now = last.size, last.look()
        if now < before:
            self._open()
            return "anew"
        return "grown" if now > before else "same"

    def close(self) -> None:
        """Close every file, for good."""
        self._closed = True
        self._release()

    def _release(self) -> None:
        for piece in self._files:
            piece.close()
        self._files = []

    def _missing(self, error: OSError) -> Change:
        if not self._files:
            raise StateError(f"the log cannot be read ({error.strerror or error}): {self.path}")
        self.problem = "the log file is gone; waiting for a new one"
        last = self._files[-1]
        before = last.size
        return "grown" if last.look() > before else "same"

    def _open(self) -> None:
        self._release()
        rotated: list[FilePiece] = []
        for number in range(1, MOST_ROTATED + 1):
            try:
                rotated.append(FilePiece(self._numbered(number), 0, sealed=True))
            except OSError:
                break
        try:
            last = FilePiece(self.path, 0)
        except OSError as error:
            for piece in rotated:
                piece.close()
            raise StateError(f"the log cannot be read ({error.strerror or error}): {self.path}") from error
        self.problem = ""
        self._files = [*reversed(rotated), last]
        # Numbers go on, so that a place in what was read before never means a place in what is read now.
        for piece in self._files:
            piece.number = self._next
            self._next += 1

    def _turn(self, last: FilePiece) -> Change:
        """Another file stands behind the name: read on there if it came by rotation and none was missed, else anew."""
        try:
            before = os.stat(self._numbered(1))
            rotated = (before.st_dev, before.st_ino) == last.identity
        except OSError:
            rotated = False
        if not rotated:
            self._open()
            return "anew"
        try:
            fresh = FilePiece(self.path, self._next)
        except OSError as error:
            self.problem = f"the new log file cannot be read: {error.strerror or error}"
            return "same"
        self._next += 1
        last.look()
        last.sealed = True
        self.problem = ""
        for gone in [piece for piece in self._files if piece is not last and piece.unlinked]:
            self._files.remove(gone)
            gone.close()
        self._files.append(fresh)
        return "rotated"

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
