"""Whatever is in a file, the answer is a configuration or a typed, one-line error."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pbtui.config import CoinLists, load, params_for, risk_omissions
from pbtui.config.dump import dump
from pbtui.config.schema import KEYS, shipped_config
from pbtui.core.errors import ConfigError

from .support import NOW_MS, current
from .test_flavours import MULTI

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["", "all", "now", "configs/x.json", "[", "{}", "n", "gs", "1e999", "nan", "-5", "\x1b[2J", "BTC,ETH"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["long", "short", "a", "", "_x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        *(key.path for key in KEYS.values()),
        *(key.path[:1] for key in KEYS.values()),
        ("bot", "long"),
        ("optimize", "bounds"),
        ("backtest", "suite"),
        ("backtest", "use_btc_collateral"),
        ("backtest", "exchange"),
        ("live", "coin_flags"),
        ("live", "minimum_market_age_days"),
        ("live", "ohlcv_rolling_window"),
        ("bot", "short", "close_grid_min_markup"),
        ("coin_overrides", "BTC"),
        ("coin_overrides", "BTC", "bot", "long"),
        ("common",),
        ("universal_live_config", "long"),
        ("approved_symbols",),
        ("n_longs",),
        ("_coins_sources",),
    ]
)
CHANGES = st.lists(st.tuples(PATHS, VALUES), min_size=1, max_size=4)
BASES = st.sampled_from(["current", "multi", "shipped"])


def base_file(name: str) -> dict[str, Any]:
    return copy.deepcopy({"current": current(), "multi": MULTI, "shipped": shipped_config()}[name])


def put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    node = data
    for part in path[:-1]:
        if not isinstance(node.get(part), dict):
            node[part] = {}
        node = node[part]
    node[path[-1]] = value


def _use(path: Path) -> None:
    lines: list[str] = []
    for command in ("live", "backtest", "optimize"):
        try:
            config = load(path, command=command, base_dir=path.parent, now_ms=NOW_MS)
        except ConfigError as error:
            lines.append(error.line())
            continue
        assert config.live.leverage >= 1
        assert len(params_for(config, "BTC", "short")) == 38
        assert isinstance(CoinLists(config).refresh(), bool)
        assert dump(config.data).endswith("}\n")
        assert len(config.hash) == 16
        assert isinstance(risk_omissions(config), list)
    assert not any("\n" in line or "\x1b" in line for line in lines)


@QUICK
@given(base=BASES, changes=CHANGES)
@example(base="current", changes=[(("live", "coin_flags"), {"a": "-lm 'x"})])
@example(base="multi", changes=[(("approved_symbols",), 3), (("n_longs",), "x")])
@example(base="current", changes=[(("backtest", "suite"), {"enabled": True, "scenarios": "x", "aggregate": 3})])
@example(
    base="current", changes=[(("live", "ohlcv_rolling_window"), "x"), (("bot", "short", "close_grid_min_markup"), [])]
)
def test_mutated_values(tmp_path: Path, base: str, changes: list[tuple[tuple[str, ...], Any]]) -> None:
    data = base_file(base)
    for path, value in changes:
        put(data, path, value)
    file = tmp_path / "c.json"
    file.write_text(json.dumps(data), "utf-8")
    _use(file)


@QUICK
@given(base=BASES, start=st.floats(0, 1), cut=st.integers(0, 40), insert=st.text(max_size=6))
def test_mutated_texts(tmp_path: Path, base: str, start: float, cut: int, insert: str) -> None:
    text = json.dumps(base_file(base), indent=1)
    at = int(start * len(text))
    file = tmp_path / "c.json"
    file.write_bytes((text[:at] + insert + text[at + cut :]).encode("utf-8", "surrogatepass"))
    _use(file)


@QUICK
@given(data=st.binary(max_size=60))
def test_arbitrary_bytes(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "c.hjson"
    file.write_bytes(data)
    _use(file)


@QUICK
@given(text=st.text(max_size=40), name=st.sampled_from(["coins.json", "coins.txt"]))
def test_arbitrary_coin_files(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    file = tmp_path / "c.json"
    file.write_text(json.dumps(current(live={"approved_coins": name})))
    _use(file)
