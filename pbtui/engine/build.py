"""Telling whether the compiled engine was built from the sources beside it."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from pbtui.engine.errors import EngineStale

_CRATE = Path(__file__).resolve().parent.parent.parent / "pb_rust"
_HINT = "build it again with: uv sync (or scripts/dev-build)"


def _sources(crate: Path) -> list[tuple[str, Path]]:
    found = [("Cargo.toml", crate / "Cargo.toml")]
    for folder, _, names in os.walk(crate / "src"):
        files = (Path(folder, name) for name in names if name.endswith(".rs"))
        found.extend((file.relative_to(crate).as_posix(), file) for file in files)
    return sorted(found, key=lambda item: item[0].encode())


def source_hash(crate: Path = _CRATE) -> str | None:
    """Return the checksum of the engine's sources, as `pb_rust/build.rs` computes it; None where there are none."""
    if not (crate / "src" / "lib.rs").is_file():
        return None
    crc, adler = 0, 1
    for name, path in _sources(crate):
        data = name.encode() + b"\0" + path.read_bytes()
        crc, adler = zlib.crc32(data, crc), zlib.adler32(data, adler)
    return f"{crc:08x}{adler:08x}"


def assert_fresh(crate: Path = _CRATE) -> None:
    """Check that the compiled engine exists and, where its sources are at hand, was built from them.

    Raises EngineStale.
    """
    try:
        from pbtui._pb_rust import build_info
    except ImportError as error:
        raise EngineStale(f"the compiled engine cannot be loaded ({error})", hint=_HINT) from error
    wanted = source_hash(crate)
    built = build_info()["source_hash"]
    if wanted is not None and wanted != built:
        raise EngineStale(f"the compiled engine is stale: built from {built}, sources are {wanted}", hint=_HINT)


def build_hash() -> str:
    """Return the checksum of the sources the compiled engine was built from."""
    from pbtui._pb_rust import build_info

    return str(build_info()["source_hash"])
