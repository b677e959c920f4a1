"""Formatted configurations agree with the reference's own output, to the byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pbtui.config import load
from pbtui.config.dump import dump
from pbtui.config.schema import KEYS

from .support import NOW_MS

HERE = Path(__file__).parent / "data"
VECTORS = Path(os.environ.get("PBTUI_VECTORS") or Path(__file__).resolve().parents[3] / "shared" / "vectors")


def _pairs() -> list[tuple[Path, Path]]:
    pairs = [(HERE / "hedge_two_coins.json", HERE / "hedge_two_coins_formatted.json")]
    folders = sorted(VECTORS.glob("e2e/*")) if VECTORS.is_dir() else []
    return pairs + [(folder / "config.json", folder / "expected" / "config.json") for folder in folders]


def _without_our_keys(data: dict) -> dict:
    for declared in KEYS.values():
        if declared.ours:
            node = data
            for part in declared.path[:-1]:
                node = node[part]
            del node[declared.path[-1]]
    assert data["optimize"].pop("validation") == {}  # a section of our own
    return data


@pytest.mark.parametrize(("given", "expected"), _pairs(), ids=lambda path: path.parent.name + "/" + path.name)
def test_backtest_configuration_is_written_as_the_reference_writes_it(given: Path, expected: Path) -> None:
    config = load(given, command="backtest", base_dir=given.parent, now_ms=NOW_MS)
    data = json.loads(dump(config.data))
    data["live"]["base_config_path"] = "config.json"
    assert dump(_without_our_keys(data)) == expected.read_text("utf-8").rstrip("\n") + "\n"


@pytest.mark.parametrize(("given", "expected"), _pairs(), ids=lambda path: path.parent.name + "/" + path.name)
def test_formatting_is_idempotent(given: Path, expected: Path, tmp_path: Path) -> None:
    first = load(given, command="backtest", base_dir=given.parent, now_ms=NOW_MS)
    again = tmp_path / "again.json"
    again.write_text(dump(first.data), "utf-8")
    assert load(again, command="backtest", base_dir=given.parent, now_ms=NOW_MS).hash == first.hash
    assert expected.is_file()


def test_configurations_of_the_backtest_vectors_load_for_every_command() -> None:
    paths = [HERE / "hedge_two_coins.json", *sorted(VECTORS.glob("backtests/*/config.json"))]
    for path in paths:
        for command in ("live", "backtest", "optimize"):
            config = load(path, command=command, now_ms=NOW_MS)
            assert config.bot.long.ema_span_0 == json.loads(path.read_text())["bot"]["long"]["ema_span_0"]
            assert len(config.optimize.bounds) == 74
            assert config.backtest.starting_balance > 0
