"""Answers of the venues as they were recorded or documented, and ways to spoil them."""

from __future__ import annotations

import copy
import json
import math
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pbtui.core.errors import ExchangeError, UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder
from pbtui.exchange.port import HeldPosition

ROOT = Path(__file__).resolve().parents[3]
Parse = Callable[[Any], Any]
_BAD: tuple[Any, ...] = (
    None,
    "",
    "NaN",
    "Infinity",
    "1e400",
    "-1e308",
    "12a",
    -1,
    "-0.5",
    10**30,
    "1e18",
    True,
    [],
    {},
    [None],
    "\x1b[2J\x07",
    "x" * 5_000,
    0.1 + 0.2,
    "1e-7",
    "5E3",
    3.0,
)
_BODIES: tuple[Any, ...] = (None, "", "<html>maintenance</html>", [], {}, 0, True, [[]], [{}], {"result": None})


_HOSTILE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Case:
    """A fixture, how it is read, and what a spoiled one may raise."""

    name: str
    document: Any
    parse: Parse
    errors: tuple[type[ExchangeError], ...] = (UnreadableAnswer,)


def fixture(path: str, collection: str = "nautilus_trader") -> Any:
    """Return a recorded payload of a collection; skips where there are none."""
    root = Path(os.environ.get("PBTUI_PAYLOADS") or ROOT.parent / "shared" / "data" / "exchange")
    file = root / collection / path
    if not file.is_file():
        pytest.skip(f"no recorded payloads here (set PBTUI_PAYLOADS): {path}")
    return json.loads(file.read_text())


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node[:4]):
            yield from places(value, (*path, at))


def spoiled(document: Any, count: int, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield `count` spoiled copies of a document with what was done to each."""
    rng = random.Random(seed)
    ways = list(places(document))
    for number in range(count):
        if number < len(_BODIES):
            yield f"body {_BODIES[number]!r}", _BODIES[number]
            continue
        copied = copy.deepcopy(document)
        done: list[str] = []
        for _ in range(1 if rng.random() < 0.8 else 3):
            way = rng.choice(ways[1:])
            done.append(_spoil(copied, way, rng))
        yield "; ".join(done), copied


def _spoil(document: Any, way: tuple[Any, ...], rng: random.Random) -> str:
    node = document
    for step in way[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return "gone already"
    fits = isinstance(node, dict) if isinstance(way[-1], str) else isinstance(node, list) and way[-1] < len(node)
    if not fits:
        return "gone already"
    if rng.random() < 0.2:
        if isinstance(node, dict):
            node.pop(way[-1], None)
        else:
            del node[way[-1]]
        return f"{way} missing"
    bad = rng.choice(_BAD)
    node[way[-1]] = bad
    return f"{way} = {str(bad)[:20]!r}"


def refuses_what_is_spoiled(cases: Sequence[Case], count: int, seed: int) -> None:
    """Assert that `count` spoiled answers give typed errors or values that make sense, and nothing else."""
    each = -(-count // len(cases))
    refused = 0
    for case in cases:
        for done, document in spoiled(case.document, each, seed):
            found, error = _read(case, document)
            if error is None:
                _makes_sense(found, (case.name, done))
                continue
            refused += 1
            assert isinstance(error, case.errors), (case.name, done)
            assert not _HOSTILE.search(error.line()), (case.name, done)
    assert refused > count / 5


def _read(case: Case, document: Any) -> tuple[Any, ExchangeError | None]:
    try:
        return case.parse(document), None
    except ExchangeError as error:
        return None, error


def _makes_sense(found: Any, what: object) -> None:
    """Whatever is handed out is finite, and signed and positive where it has to be."""
    if isinstance(found, float):
        assert math.isfinite(found), what
        return
    items: Sequence[Any] = found
    for item in items:
        if isinstance(item, HeldPosition):
            assert math.isfinite(item.position.size), what
            assert item.position.price > 0.0, what
            assert (item.position.size > 0.0) == (item.pside == "long"), what
        elif isinstance(item, OpenOrder):
            assert item.qty >= 0.0, what
            assert item.price >= 0.0, what
            assert item.id, what
        elif isinstance(item, Fill):
            assert item.price > 0.0, what
            assert math.isfinite(item.pnl + item.fee), what
            assert (item.qty > 0.0) == (item.side == "buy"), what
