from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import msgspec
import pytest

from pbtui.core.record import record


@record
class Point:
    """A record."""

    x: float
    y: float = 2.0
    tags: tuple[str, ...] = field(default_factory=lambda: ("a",))


@dataclass(frozen=True, slots=True)
class Like:
    """What a dataclass makes of the same fields."""

    x: float
    y: float = 2.0
    tags: tuple[str, ...] = field(default_factory=lambda: ("a",))


@record(kw_only=True)
class Named:
    """A record whose fields must be named, in any order of defaults."""

    x: float = 1.0
    y: float


@record
class Nothing:
    """A record without fields."""


def test_a_record_does_what_a_frozen_dataclass_does() -> None:
    here, same, other = Point(1.0), Point(x=1.0, y=2.0, tags=("a",)), Point(1.0, 3.0)
    assert here == same != other
    assert len({here, same, other}) == 2
    assert here != Like(1.0)
    assert repr(here) == repr(Like(1.0)).replace("Like", "Point")
    assert [each.name for each in fields(here)] == ["x", "y", "tags"]
    assert is_dataclass(here)
    assert asdict(here) == asdict(Like(1.0))
    assert replace(here, y=3.0) == other
    assert Point.__match_args__ == Like.__match_args__
    match here:
        case Point(x, y):
            assert (x, y) == (1.0, 2.0)
    assert (Nothing() == Nothing(), len({Nothing(), Nothing()})) == (True, 1)


def test_it_cannot_be_changed_and_has_no_other_fields() -> None:
    here = Point(1.0)
    with pytest.raises(FrozenInstanceError):
        here.x = 2.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del here.x  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, AttributeError)):
        here.z = 1  # type: ignore[attr-defined]
    assert not hasattr(here, "__dict__")
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]


def test_fields_can_be_by_name_only() -> None:
    assert (
        Named(y=2.0) == Named(y=2.0, x=1.0) == replace(Named(y=3.0), y=2.0) == pickle.loads(pickle.dumps(Named(y=2.0)))
    )
    assert Named.__match_args__ == ()
    with pytest.raises(TypeError):
        Named(1.0, 2.0)  # type: ignore[misc]


def test_it_travels() -> None:
    here = Point(1.0, 5.0, ("b", "c"))
    assert pickle.loads(pickle.dumps(here)) == copy.deepcopy(here) == here
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(here), type=Point) == here
    assert msgspec.json.decode(b'{"x": 1}', type=Point) == Point(1.0)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"y": 1}', type=Point)
