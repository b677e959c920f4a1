"""Immutable values that are cheap to declare: a console declares a hundred before its first picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def record(cls: type[T] | None = None, /, *, kw_only: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class what `dataclass(frozen=True, slots=True)` makes of it, at a third of the cost.

    A dataclass compiles seven methods for each class; all but `__init__` can be shared. Everything that works on
    dataclasses (`replace`, `fields`, `asdict`, matching, msgspec) works on records. Fields are plain, or have a default
    or a default factory; `__post_init__` and inheritance are not for records.
    """
    return _make(cls, kw_only) if cls is not None else lambda each: _make(each, kw_only)


def _make(cls: type[T], kw_only: bool) -> type[T]:
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    made.__init__ = _init_of(made, kw_only)
    made.__repr__ = _repr
    made.__eq__, made.__hash__ = _comparison(made.__slots__)
    made.__setattr__ = _set
    made.__delattr__ = _delete
    made.__getstate__ = _values
    made.__setstate__ = _restore
    return made


def _init_of(cls: Any, kw_only: bool) -> Callable[..., None]:
    """Return an `__init__` with the fields as parameters."""
    names: dict[str, Any] = {"put": object.__setattr__, "MISSING": MISSING}
    head: list[str] = ["self", "*"] if kw_only and fields(cls) else ["self"]
    body: list[str] = []
    for each in fields(cls):
        value = each.name
        if each.default is not MISSING:
            names[f"_d_{each.name}"] = each.default
            head.append(f"{each.name}=_d_{each.name}")
        elif each.default_factory is not MISSING:
            names[f"_f_{each.name}"] = each.default_factory
            head.append(f"{each.name}=MISSING")
            value = f"_f_{each.name}() if {each.name} is MISSING else {each.name}"
        else:
            head.append(each.name)
        body.append(f" put(self, {each.name!r}, {value})")
    exec(f"def __init__({', '.join(head)}):\n" + ("\n".join(body) or " pass"), names)
    return names["__init__"]


def _comparison(names: tuple[str, ...]) -> tuple[Callable[..., bool], Callable[..., int]]:
    """Return what compares and hashes records by all their fields."""
    values: Callable[[Any], Any] = attrgetter(*names) if names else type

    def eq(self: object, other: object) -> bool:
        return values(self) == values(other) if type(self) is type(other) else NotImplemented

    def hashed(self: object) -> int:
        return hash((values(self),))

    return eq, hashed


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__slots__)


def _restore(self: Any, state: tuple[Any, ...]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{type(self).__qualname__}({inside})"


def _set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
