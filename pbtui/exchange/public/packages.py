"""The exchange library without its hundred unused venues: its packages become doors that open on demand.

Imported whole, the library takes several seconds and 110 MB, because each of its packages imports every venue. Here
each package starts empty and imports a venue when its name is first read. Python's own machinery does the rest.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from pbtui.exchange.public.signing import signing_late

_ROOT = "ccxt"
_PACKAGES = (_ROOT, f"{_ROOT}.async_support", f"{_ROOT}.pro")
# Where names that are no venue come from, in this sequence.
_SHARED = {
    _ROOT: ("ccxt.base.exchange", "ccxt.base.errors", "ccxt.base.precise", "ccxt.base.decimal_to_precision"),
    f"{_ROOT}.async_support": ("ccxt.async_support.base.exchange", "ccxt.base.errors"),
    f"{_ROOT}.pro": ("ccxt.async_support.base.exchange", "ccxt.base.errors"),
}
_BASE = f"{_ROOT}.base.exchange"
_CLIENT = "requests"  # makes calls that block
_FAULTS = ("HTTPError", "Timeout", "TooManyRedirects", "RequestException", "ConnectionError")
_CLIENT_PARTS: dict[str, dict[str, Any]] = {
    "utils": {"default_user_agent": str},
    "exceptions": {name: type(name, (OSError,), {}) for name in _FAULTS},
}


class _Door(ModuleType):
    """A package whose venues (class `x` of module `x`) and shared names are imported when first read."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        package = self.__name__
        if (Path(self.__path__[0]) / f"{name}.py").is_file():
            importlib.import_module(f"{package}.{name}")
            return self.__dict__[name]
        for shared in _SHARED[package]:
            module = importlib.import_module(shared)
            if hasattr(module, name):
                value = getattr(module, name)
                self.__dict__[name] = value
                return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        # The import machinery binds the module `x`; the library's code expects the class of the same name there.
        if isinstance(value, ModuleType) and isinstance(vars(value).get(name), type):
            value = vars(value)[name]
        super().__setattr__(name, value)


def open_doors() -> None:
    """Put the doors in place of the packages that nobody has imported yet."""
    spec = importlib.util.find_spec(_ROOT)
    if spec is None or spec.submodule_search_locations is None:
        return
    root = Path(next(iter(spec.submodule_search_locations)))
    for package in _PACKAGES:
        if package in sys.modules:
            continue
        folder = root.joinpath(*package.split(".")[1:])
        sys.modules[package] = _door(package, [str(folder)])
        parent, _, child = package.rpartition(".")
        if parent:
            sys.modules[parent].__dict__[child] = sys.modules[package]
    if _BASE not in sys.modules:
        _load_base()


def _load_base() -> None:
    """Import what all venues are made of, without the client for calls that block: nobody makes such calls here.

    With it come 200 modules, 6 MB, and a third of the time that loading a venue takes. Signing with private keys takes
    another 6 MB, and is loaded by whoever signs first.
    """
    try:
        with _stand_ins(), signing_late(_BASE):
            importlib.import_module(_BASE)
    except ImportError:  # it wants more of that client than there is of the stand-in
        sys.modules.pop(_BASE, None)
        importlib.import_module(_BASE)


@contextmanager
def _stand_ins() -> Generator[None]:
    """Put modules without any use in place of that client, unless somebody has loaded it."""
    names = [name for name in (_CLIENT, *(f"{_CLIENT}.{part}" for part in _CLIENT_PARTS)) if name not in sys.modules]
    if len(names) <= len(_CLIENT_PARTS):
        yield
        return
    for name in names:
        module = sys.modules[name] = ModuleType(name)
        module.__dict__.update(_CLIENT_PARTS.get(name.rpartition(".")[2], {"__path__": [], "Session": object}))
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


def _door(package: str, path: Sequence[str]) -> _Door:
    door = _Door(package)
    spec = ModuleSpec(package, None, origin=f"{path[0]}/__init__.py", is_package=True)
    spec.submodule_search_locations = list(path)
    # Set below the class's own __setattr__: these are no venues.
    door.__dict__.update(__spec__=spec, __path__=list(path), __package__=package, __file__=spec.origin)
    return door
