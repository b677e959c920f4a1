"""Recorded runs of the reference's backtest command, from config file and candle tree to result files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pbtui.config.schema import KEYS

from .support import ABSOLUTE, RELATIVE, vectors_dir

FOLDERS = ("e2e", "committable/e2e")
EXACT = frozenset({"", "index", "timestamp", "coin", "type", "minute"})
# Balances are rounded to four decimals in single precision: the last digit may fall either way.
CURVE_RELATIVE, CURVE_ABSOLUTE = 2.0**-23, 1e-4


def cases() -> list[Path]:
    root = vectors_dir()
    found = sorted(path.parent for folder in FOLDERS for path in root.glob(f"{folder}/*/config.json"))
    empty = [name for name in FOLDERS if (root / name).is_dir() and not any((root / name).glob("*/config.json"))]
    assert not empty, f"no case in {empty}"
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_command_writes_the_files_of_the_reference(case: Path, tmp_path: Path) -> None:
    result = run(case, tmp_path / case.name)
    expected = case / "expected"
    problems = [
        *fills_apart(table(expected / "fills.csv"), table(result / "fills.csv")),
        *metrics_apart(read(expected / "analysis.json"), read(result / "analysis.json")),
        *curve_apart(table(expected / "balance_and_equity.csv.gz"), table(result / "balance_and_equity.csv.gz")),
        *config_apart(read(expected / "config.json"), read(result / "config.json")),
    ]
    assert problems == []


def run(case: Path, home: Path) -> Path:
    """Run the command in a temporary copy, without a network, and return the folder it wrote."""
    shutil.copytree(case, home, ignore=shutil.ignore_patterns("expected", "backtests"))
    for markets in home.glob("caches/*/markets.json"):
        os.utime(markets)  # as fresh as when the case was recorded
    words = [sys.executable, "-m", "pbtui", "backtest", "config.json", "--disable_plotting", "--json"]
    package = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        words, cwd=home, env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (analysis,) = home.glob("backtests/*/*/analysis.json")
    return analysis.parent


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def table(path: Path) -> list[dict[str, str]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode())))


def near(want: float, got: float, relative: float = RELATIVE, absolute: float = ABSOLUTE) -> bool:
    return abs(got - want) <= max(relative * abs(want), absolute) or (math.isnan(want) and math.isnan(got))


def fills_apart(expected: list[dict[str, str]], ours: list[dict[str, str]]) -> list[str]:
    """Compare header and every column: what is discrete as text, numbers within the tolerance."""
    if len(expected) != len(ours):
        return [f"{len(expected)} fills expected, got {len(ours)}"]
    if expected and list(expected[0]) != list(ours[0]):
        return [f"columns {list(expected[0])} expected, got {list(ours[0])}"]
    found: list[str] = []
    for place, (want, got) in enumerate(zip(expected, ours, strict=True)):
        for name, text in want.items():
            same = text == got[name]
            if not same and name not in EXACT and text and got[name]:
                same = near(float(text), float(got[name]))
            if not same:
                found.append(f"fill {place} {name}: {text} expected, got {got[name]}")
    return found[:5]


def metrics_apart(expected: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Compare names and values of every metric."""
    if set(expected) != set(ours):
        return [f"analysis: {sorted(set(expected) ^ set(ours))} in one only"]
    both_none = {name for name, want in expected.items() if want is None and ours[name] is None}
    apart = [
        name
        for name, want in expected.items()
        if name not in both_none and (want is None or ours[name] is None or not near(want, ours[name]))
    ]
    return [f"analysis {name}: {expected[name]} expected, got {ours[name]}" for name in apart]


def curve_apart(expected: list[dict[str, str]], ours: list[dict[str, str]]) -> list[str]:
    """Compare times and balances of the curve."""
    if [row[""] for row in expected] != [row[""] for row in ours] or list(expected[0]) != list(ours[0]):
        return [f"curve: {len(expected)} rows expected, got {len(ours)}, or times or columns differ"]
    return [
        f"curve {want['']} {name}: {want[name]} expected, got {got[name]}"
        for want, got in zip(expected, ours, strict=True)
        for name in want
        if name and not near(float(want[name]), float(got[name]), CURVE_RELATIVE, CURVE_ABSOLUTE)
    ][:5]


def config_apart(expected: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Compare the effective configuration, keys of our own and the name of the file aside."""
    own = {name for name, key in KEYS.items() if key.ours}
    want, got = flat(expected), flat(ours)
    keys = (set(want) | set(got)) - own - {"live.base_config_path"}
    return [
        f"config {key}: {want.get(key)} expected, got {got.get(key)}"
        for key in sorted(keys)
        if want.get(key) != got.get(key)
    ]


def flat(node: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(node, Mapping) or not node:
        return {path: node}
    return {key: value for name, item in node.items() for key, value in flat(item, f"{path}.{name}".strip(".")).items()}
