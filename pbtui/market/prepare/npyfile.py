"""Reading arrays on disk piece by piece, packed or not, so that a cube larger than the memory can be looked at."""

from __future__ import annotations

import contextlib
import gzip
import math
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line

_PIECE = 1 << 20  # numbers at a time
_BROKEN = (OSError, ValueError, EOFError, zlib.error, SyntaxError, TypeError)


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """An array in a `.npy` or `.npy.gz` file: its shape and type, and its numbers in order."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Yield all numbers, flat and in order; raises DataError when the file holds fewer or more than it says."""
        left = math.prod(self.shape)
        with _opened(self.path) as file:
            _header(file)
            while left:
                count = min(left, _PIECE)
                data = file.read(count * self.dtype.itemsize)
                if len(data) < count * self.dtype.itemsize:
                    raise DataError(f"{_shown(self.path)}: ends too early")
                left -= count
                yield np.frombuffer(data, self.dtype)
            if file.read(1):
                raise DataError(f"{_shown(self.path)}: holds more than its head says")


def array_file(folder: Path, name: str) -> ArrayFile | None:
    """Return the array `name` of a folder, packed or not, None if it is missing; raises DataError for a broken one."""
    for path in (folder / f"{name}.npy", folder / f"{name}.npy.gz"):
        if path.is_file():
            with _opened(path) as file:
                shape, dtype = _header(file)
            return ArrayFile(path, shape, dtype)
    return None


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if fortran and len(shape) > 1:
        raise ValueError("its numbers are in column order")
    if dtype.hasobject or dtype.kind not in "fiu":
        raise ValueError("it does not hold numbers")
    return shape, dtype


@contextlib.contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            if path.suffix == ".gz":
                with gzip.open(raw, "rb") as file:
                    yield cast("IO[bytes]", file)
            else:
                yield raw
    except DataError:
        raise
    except _BROKEN as error:
        raise DataError(f"{_shown(path)}: cannot be read: {sanitize_line(error, limit=120)}") from error


def _shown(path: Path) -> str:
    return sanitize_line(path, limit=200)
