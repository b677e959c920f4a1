"""The effective configuration as rows: values, defaults, origins, and warnings beside their keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pbtui.config import load
from pbtui.config.effective import config_facts, problems_of
from pbtui.config.errors import InvalidConfig
from pbtui.core.errors import ConfigError


def write(tmp_path: Path, document: dict[str, Any]) -> Path:
    document = {"bot": {"long": {}, "short": {}}, "live": {}, **document}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_every_row_knows_its_default_and_its_origin(tmp_path: Path) -> None:
    (tmp_path / "sol.json").write_text(json.dumps({"bot": {"long": {"ema_span_0": 333}}}), encoding="utf-8")
    document = {
        "bot": {"long": {"n_positions": 4, "close_grid_qty_pct": 0.125}, "short": {"n_positions": 0}},
        "coin_overrides": {"SOL": {"override_config_path": "sol.json", "live": {"leverage": 3}}},
    }
    path = write(tmp_path, document)
    facts = config_facts(load(path, command="live", base_dir=tmp_path, flags={"live.leverage": 7}))
    rows = {row.path: row for row in facts.rows}
    assert facts.file == str(path)
    slots = rows["bot.long.n_positions"]
    assert (slots.value, slots.origin, slots.detail, slots.changed) == ("4", "file", str(path), True)
    same = rows["bot.long.close_grid_qty_pct"]
    assert (same.value, same.default, same.changed) == ("0.125", "0.125", False)
    assert (rows["live.leverage"].value, rows["live.leverage"].origin) == ("7", "flag")
    assert rows["live.execution_delay_seconds"].origin == "built-in default"
    own = rows["coin_overrides.SOL.bot.long.ema_span_0"]
    assert (own.value, own.origin, own.changed) == ("333", "override file", True)
    assert own.default == rows["bot.long.ema_span_0"].value
    assert rows["coin_overrides.SOL.live.leverage"].default == "7"


def test_warnings_stand_beside_their_keys(tmp_path: Path) -> None:
    document = {"bot": {"long": {"n_positions": 4, "entry_grid_double_down_factor": -5}}, "nonsense": 1}
    facts = config_facts(load(write(tmp_path, document), command="live", base_dir=tmp_path))
    rows = {row.path: row for row in facts.rows}
    assert rows["bot.long.entry_grid_double_down_factor"].notes
    assert any("not written down" in note for note in rows["bot.long.total_wallet_exposure_limit"].notes)
    assert any("nonsense" in text for text in facts.warnings)
    assert not any(text.startswith("bot.long.entry_grid_double_down_factor") for text in facts.warnings)


def test_faults_come_by_key(tmp_path: Path) -> None:
    path = write(tmp_path, {"live": {"leverage": 0.1, "hedge_mode": "perhaps"}})
    with pytest.raises(InvalidConfig) as caught:
        load(path, command="live", base_dir=tmp_path)
    found = problems_of(caught.value)
    assert {problem.path for problem in found} == {"live.leverage", "live.hedge_mode"}
    assert all("allowed" in problem.text for problem in found)
    assert problems_of(ConfigError("no file")) == ()
