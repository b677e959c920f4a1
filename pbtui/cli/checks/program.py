"""The program itself: interpreter, platform, compiled engine, versions of what it is built on."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pbtui import __version__
from pbtui.cli.checks.finding import Asked, Finding, fix, ok, warn
from pbtui.core.errors import PbtuiError

_AREA = "program"
_OLDEST = (3, 11)
_AGAIN = "uv sync, or install pbtui again"
_MEMORY_MIB = 1_024  # a bot with some thirty coins, and the console on it, use about a third
_PYPROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")


def look(asked: Asked) -> Iterator[Finding]:
    """Yield what there is to say of the program and of the machine it runs on."""
    del asked
    yield _python()
    yield _machine()
    yield from _memory()
    yield _engine()
    yield from _versions()


def _python() -> Finding:
    text = f"Python {platform.python_version()} ({platform.python_implementation()})"
    if sys.version_info[:2] < _OLDEST:
        return fix(_AREA, "python", text, "install Python 3.11 or newer")
    return ok(_AREA, "python", text)


def _machine() -> Finding:
    text = f"pbtui {__version__} on {platform.system()} {platform.release()}, {platform.machine()}"
    text += f", {os.cpu_count() or 1} processors"
    if sys.platform == "win32":
        return warn(_AREA, "platform", text, "no console and no attach here: see docs/windows.md (WSL has all)")
    return ok(_AREA, "platform", text)


def _memory(meminfo: Path = Path("/proc/meminfo")) -> Iterator[Finding]:
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB", meminfo.read_text("ascii", "replace"), re.MULTILINE)
    except OSError:
        return  # only Linux tells it there
    if found is None:
        return
    mib = int(found[1]) // 1024
    if mib < _MEMORY_MIB:
        yield warn(_AREA, "memory", f"{mib:,} MiB are free", "long backtests and optimisations may not fit")
    else:
        yield ok(_AREA, "memory", f"{mib:,} MiB are free")


def _engine() -> Finding:
    try:
        from pbtui.engine.build import build_hash, source_hash

        built, beside = build_hash(), source_hash()
    except PbtuiError as error:
        return fix(_AREA, "engine", error.message, error.hint)
    where = "the same as the sources beside it" if beside is not None else "installed without its sources"
    return ok(_AREA, "engine", f"built from {built}, {where}")


def _versions() -> Iterator[Finding]:
    wanted = _wanted()
    if wanted is None:
        yield warn(_AREA, "versions", "pbtui is not installed here: its pins are unknown", _AGAIN)
        return
    good = 0
    for line in wanted:
        match = _REQUIREMENT.match(line.strip())
        if match is None or not _applies(match[3] or ""):
            continue
        finding = _version(match[1], match[2].replace(" ", ""))
        if finding is None:
            good += 1
        else:
            yield finding
    if good:
        yield ok(_AREA, "versions", f"{good} packages are of the versions pbtui was tested with")


def _wanted() -> list[str] | None:
    """Return what pbtui asks for: as installed, else as the sources say; None where neither is at hand."""
    try:
        return metadata.requires("pbtui") or []
    except metadata.PackageNotFoundError:
        if not _PYPROJECT.is_file():
            return None
    import tomllib

    found: list[str] = tomllib.loads(_PYPROJECT.read_text("utf-8"))["project"]["dependencies"]
    return found


def _applies(marker: str) -> bool:
    """Return whether a requirement counts here; extras don't, and what isn't for Windows does elsewhere."""
    if "extra" in marker:
        return False
    return not ("sys_platform" in marker and "!=" in marker and "win32" in marker and sys.platform == "win32")


def _version(package: str, wanted: str) -> Finding | None:
    """Return what is wrong with the version of a package, None when nothing is."""
    try:
        have = metadata.version(package)
    except metadata.PackageNotFoundError:
        return fix(_AREA, package, f"{package} is missing (wanted {wanted or 'any'})", _AGAIN)
    if all(_holds(have, clause) for clause in wanted.split(",") if clause):
        return None
    return warn(_AREA, package, f"{package} is {have}, pbtui was tested with {wanted}", _AGAIN)


def _holds(have: str, clause: str) -> bool:
    match = re.match(r"(==|>=|<=|!=|~=|<|>)(.+)", clause)
    if match is None:
        return True
    a, b = _numbers(have), _numbers(match[2])
    width = max(len(a), len(b))
    a, b = a + (0,) * (width - len(a)), b + (0,) * (width - len(b))
    verdicts = {"==": a == b, ">=": a >= b, "<=": a <= b, "!=": a != b, "~=": a >= b, "<": a < b, ">": a > b}
    return verdicts[match[1]]


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
