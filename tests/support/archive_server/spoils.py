"""What is wrong with a file on demand: the status, the body, or the way it comes."""

from __future__ import annotations

import io
import struct
import threading
import zipfile
from dataclasses import dataclass, field, replace

HTML = b"<!DOCTYPE html><html><body>The page you want is busy</body></html>"


@dataclass
class Spoil:
    """One way of going wrong, for the next `times` requests whose path contains `path`."""

    path: str = ""
    times: int = 1
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    keep: float = 1.0  # share of the body that is sent, as if that were all
    cut: float = 1.0  # share of the body after which the connection ends
    drip_s: float = 0.0  # pause before each of ten parts of the body
    flip: int = 0  # position of a byte that is changed, from the end


class Spoils:
    """The spoils that are due; may be changed from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Spoil] = []

    def add(self, spoil: Spoil) -> None:
        with self._lock:
            self._due.append(replace(spoil))

    def heal(self) -> None:
        with self._lock:
            self._due.clear()

    def take(self, path: str) -> Spoil | None:
        with self._lock:
            for spoil in self._due:
                if spoil.path in path:
                    spoil.times -= 1
                    if spoil.times <= 0:
                        self._due.remove(spoil)
                    return spoil
        return None


def bomb(name: str, size: int) -> bytes:
    """Return a small zip whose file unpacks to `size` bytes, though it says it is small."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(name, "w") as file,
    ):
        block = b"0" * (1 << 20)
        for _ in range(size >> 20):
            file.write(block)
    data = bytearray(packed.getvalue())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.rindex(mark) + at, 1000)
    return bytes(data)
