"""Packed bodies, taken for hostile: sizes are bounded, checksums verified, whatever is wrong is a BadBody."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import BinaryIO

from pbtui.market.sources.rows import BadBody

_CHUNK = 1 << 18


def unzip(body: bytes, suffix: str, *, most: int) -> bytes:
    """Return the only member of a zip archive that ends with `suffix`; raises BadBody, also above `most` bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [info for info in archive.infolist() if _is_member(info, suffix)]
            if len(names) != 1:
                raise BadBody(f"is a zip with {len(names)} {suffix} files instead of one")
            return _member(archive, names[0], most)
    except _ZIP_FAILURES as error:
        raise BadBody(f"is no sound zip: {_words(error, body)}") from error


def unzip_named(body: bytes, names: tuple[str, ...], *, most: int) -> list[bytes | None]:
    """Return members of a zip archive by name, None for absent ones; raises BadBody."""
    found: list[bytes | None] = []
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            for name in names:
                found.append(_member(archive, infos[name], most) if name in infos else None)
    except _ZIP_FAILURES as error:
        raise BadBody(f"is no sound zip: {_words(error, body)}") from error
    return found


_ZIP_FAILURES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,  # a way of packing that nobody uses here
    RuntimeError,  # encrypted
    ValueError,
    OSError,
)


def _is_member(info: zipfile.ZipInfo, suffix: str) -> bool:
    name = info.filename.lower()
    return name.endswith(suffix) and not name.startswith("__macosx/")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.file_size > most:
        raise BadBody(f"unpacks to {info.file_size} bytes, more than the {most} that make sense")
    with archive.open(info) as file:
        data = file.read(most + 1)  # verifies the checksum at the end
    if len(data) > most:
        raise BadBody(f"unpacks to more than the {most} bytes that make sense")
    return data


class Gunzipped(io.RawIOBase):
    """Reads what a gzip body holds, piece by piece; raises BadBody when it is cut, garbled or above `most` bytes."""

    def __init__(self, source: BinaryIO, *, most: int) -> None:
        super().__init__()
        self._source = source
        self._left = most
        self._most = most
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._packed = b""
        self._ready = b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fill the buffer with unpacked bytes; 0 at the end."""
        while not self._ready:
            if not self._more(len(buffer)):
                return 0
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self, wanted: int) -> bool:
        """Unpack some more; False at the end of a sound body."""
        if not self._packed:
            self._packed = self._source.read(_CHUNK)
        if not self._packed:
            if self._inflater is not None or not self._members:
                raise BadBody("is a gzip file cut short")
            return False
        if self._inflater is None:
            self._inflater = zlib.decompressobj(31)
        try:
            self._ready = self._inflater.decompress(self._packed, max(wanted, _CHUNK))
        except zlib.error as error:
            raise BadBody(f"is no sound gzip file: {error}") from error
        self._left -= len(self._ready)
        if self._left < 0:
            raise BadBody(f"unpacks to more than the {self._most} bytes that make sense")
        if self._inflater.eof:
            self._packed = self._inflater.unused_data
            self._inflater, self._members = None, self._members + 1
        else:
            self._packed = self._inflater.unconsumed_tail
        return True


def _words(error: BaseException, body: bytes) -> str:
    """Say what is wrong; a page sent instead of a file is the usual case."""
    start = body[:64].lstrip().lower()
    if not body:
        return "empty"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
        return "a page instead of a file"
    return str(error) or type(error).__name__
