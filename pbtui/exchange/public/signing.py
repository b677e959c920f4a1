"""Signing with private keys, loaded by the first signature: a bot on paper holds no keys and never signs.

The exchange library names what it signs with when it is imported. Those names become promises here: something that
is called, or whose parts are asked for once the import is over, is loaded then. Venues that sign with a shared secret
need none of it.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType, SimpleNamespace
from typing import Any

_HAZMAT = "cryptography.hazmat"
_PRIMITIVES = f"{_HAZMAT}.primitives"
_ASYMMETRIC = f"{_PRIMITIVES}.asymmetric"
# What the library imports: from which module, and the names.
_NAMES = {
    _HAZMAT: ("backends",),
    _PRIMITIVES: ("hashes",),
    _ASYMMETRIC: ("ec", "padding", "ed25519"),
    f"{_ASYMMETRIC}.utils": ("decode_dss_signature", "Prehashed"),
    f"{_PRIMITIVES}.serialization": ("Encoding", "PublicFormat", "load_pem_private_key"),
}


class _Promise:
    """A thing of another module, loaded when it is used; while `taking_down` says so, names of parts are only noted."""

    def __init__(self, module: str, names: tuple[str, ...], taking_down: list[bool]) -> None:
        self._module = module
        self._names = names
        self._taking_down = taking_down

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._taking_down[0]:
            return _Promise(self._module, (*self._names, name), self._taking_down)
        return getattr(self._kept(), name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self._kept()(*values, **named)

    def _kept(self) -> Any:
        """Return the thing itself."""
        found: Any = importlib.import_module(self._module)
        path = self._module
        for name in self._names:
            path = f"{path}.{name}"
            if isinstance(found, ModuleType) and not hasattr(found, name):
                importlib.import_module(path)
            found = getattr(found, name)
        return found


class _Loader(SourceFileLoader):
    """Runs one module; what it imports for signing are promises. Nobody else's imports change."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with an import of its own."""
        own = dict(vars(builtins))
        taking_down = [True]

        def take_down(name: str, *how: Any) -> Any:
            names = _NAMES.get(name)
            if names is None:
                return builtins.__import__(name, *how)
            return SimpleNamespace(**{each: _Promise(name, (each,), taking_down) for each in names})

        own["__import__"] = take_down
        module.__dict__["__builtins__"] = own
        try:
            super().exec_module(module)
        finally:
            taking_down[0] = False
            own["__import__"] = builtins.__import__


class _Finder(MetaPathFinder):
    """Finds one module, to be run by that loader."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        found = PathFinder.find_spec(fullname, path) if fullname == self._name else None
        if found is None or found.origin is None or not isinstance(found.loader, SourceFileLoader):
            return None
        return spec_from_file_location(fullname, found.origin, loader=_Loader(fullname, found.origin))


@contextmanager
def signing_late(module: str) -> Generator[None]:
    """Let this module, imported meanwhile, load what it signs with when it first signs."""
    finder = _Finder(module)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
