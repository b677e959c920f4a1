"""What `pbtui config migrate` writes is the same configuration, whatever it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import example, given

from pbtui.cli.config_cmd import current_format
from pbtui.config import Config, load
from pbtui.config.dump import dump
from pbtui.config.pipeline import check
from pbtui.core.errors import ConfigError

from .support import NOW_MS
from .test_fuzz import BASES, CHANGES, QUICK, base_file, put

Changes = list[tuple[tuple[str, ...], Any]]


@QUICK
@given(base=BASES, changes=CHANGES)
@example(base="multi", changes=[])
@example(base="shipped", changes=[])
@example(base="current", changes=[(("live", "approved_coins"), {"long": "all", "short": []})])
@example(base="current", changes=[(("live", "coin_flags"), {"SOLUSDT": "-lm gs -lw 0.4 -lev 3"})])
@example(base="current", changes=[(("backtest", "suite"), {"enabled": False, "scenarios": [{"label": "a"}]})])
@example(base="current", changes=[(("bot", "short"), {"n_positions": 2.5, "filter_rolling_window": 9})])
@example(base="current", changes=[(("backtest", "use_btc_collateral"), "true"), (("backtest", "exchange"), "okx")])
@example(base="current", changes=[(("optimize", "limits"), "--adg 0.3"), (("optimize", "scoring"), ["adg"])])
def test_migrating_keeps_every_value(tmp_path: Path, base: str, changes: Changes) -> None:
    data = base_file(base)
    for path, value in changes:
        put(data, path, value)
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(data), "utf-8")
    try:
        config = check(old, base_dir=tmp_path, now_ms=NOW_MS)
    except ConfigError:
        return
    new.write_text(dump(current_format(config)), "utf-8")
    again = check(new, base_dir=tmp_path, now_ms=NOW_MS)
    assert again.data == {**config.data, "live": {**config.data["live"], "base_config_path": str(new)}}
    assert _overrides(again) == _overrides(config)
    assert again.flavour == "current"
    assert current_format(again) == current_format(config)
    for command in ("live", "backtest", "optimize"):
        first, second = (load(path, command=command, base_dir=tmp_path, now_ms=NOW_MS) for path in (old, new))
        assert first.hash == second.hash


def _overrides(config: Config) -> dict[str, Any]:
    """The overridden values; where they come from may differ."""
    return {coin: item.as_tree() for coin, item in config.coin_overrides.items()}
