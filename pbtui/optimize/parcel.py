"""Packing what evaluates candidates for another process: its numbers apart, so that they can be shared, never copied.

An array that is part of another (a suite's scenario is a stretch of its dataset) goes as a place in that one.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_SMALL = 4_096  # bytes; less is not worth an object of its own


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """`body` with gaps where the arrays go; each of `arrays` is whole, and there once."""

    body: bytes
    arrays: tuple[Array, ...]


def pack(thing: object) -> Parcel:
    """Return a thing as a parcel, the memory of its arrays untouched."""
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(thing)
    return Parcel(file.getvalue(), tuple(packer.owners.values()))


def unpack(body: bytes, arrays: Sequence[Array]) -> Any:
    """Return the thing of a parcel of our own making, reading the arrays where they lie, read-only where they are."""
    return _Unpacker(io.BytesIO(body), arrays).load()


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.owners: dict[int, Array] = {}

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        if not isinstance(obj, np.ndarray) or obj.nbytes < _SMALL or obj.dtype.hasobject:
            return None
        found = cast("Array", obj)
        owner = _owner(found)
        if not owner.flags.c_contiguous:
            return None
        start = _address(owner)
        self.owners.setdefault(start, owner.view(np.ndarray))  # of a memory map its plain view travels
        place = list(self.owners).index(start)
        return place, _address(found) - start, found.shape, found.strides, found.dtype.str


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, arrays: Sequence[Array]) -> None:
        super().__init__(file)
        self._arrays = arrays

    def persistent_load(self, pid: Any) -> Array:
        place, offset, shape, strides, kind = pid
        return np.ndarray(shape, np.dtype(kind), self._arrays[place].data.cast("B"), offset, strides)


def _address(array: Array) -> int:
    return array.__array_interface__["data"][0]


def _owner(array: Array) -> Array:
    """Return the whole array that this one is part of."""
    found = array
    while isinstance(found.base, np.ndarray):
        found = found.base
    return found
