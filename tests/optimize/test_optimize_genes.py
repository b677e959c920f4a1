"""Bounds and genes: grids, rounding, fine-tuning, parameter constraints."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_home import SearchHome

from pbtui.core.errors import ConfigError
from pbtui.optimize.bounds import Bound, round_significant
from pbtui.optimize.genes import SLOTS, GeneSpace


@pytest.fixture
def home(tmp_path: Path) -> SearchHome:
    return SearchHome(tmp_path)


def gene(space: GeneSpace, key: str) -> Bound:
    return space.bounds[[f"{pside}_{name}" for pside, name in SLOTS].index(key)]


@given(
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e4),
    st.one_of(st.none(), st.floats(1e-3, 1.0)),
    st.floats(-1e9, 1e9),
    st.integers(1, 12),
)
def test_enforcing_stays_inside_and_moves_nothing_twice(low, width, share, value, digits):
    bound = Bound(low, low + width, None if share is None else share * width)
    once = bound.enforce(value, digits)
    assert bound.low <= once <= bound.high
    if bound.step is None:
        assert bound.enforce(once, digits) == once or once in (bound.low, bound.high)
    else:
        assert bound.quantise(once) == pytest.approx(once, abs=bound.step)
        index = min(abs(int(value)), bound.last_index)
        assert bound.to_index(bound.from_index(index)) == pytest.approx(index, abs=1e-3)


def test_grid_points_are_those_of_the_reference():
    tenth = Bound(0.1, 1.0, 0.1)
    assert tenth.last_index == 9
    assert [tenth.quantise(value) for value in (0.0, 0.7300000000000001, 0.75, 0.76, 5)] == [0.1, 0.7, 0.8, 0.8, 1.0]
    # Decimals by the order of the step: 0.125 is no value of two decimals.
    assert Bound(0.0, 0.5, 0.025).quantise(0.125) == 0.12
    assert Bound(672, 2016, 7).quantise(1237) == 1239
    assert Bound(0, 10, 4).quantise(10) == 8
    assert Bound(0, 10, 4).from_index(99) == 8


def test_rounding_to_significant_digits():
    assert [round_significant(value, 3) for value in (0.0123456, 1234.5, -9.995, 0.0)] == [0.0123, 1230.0, -9.99, 0.0]
    assert math.isinf(round_significant(math.inf, 3))
    assert Bound(0.12345, 0.5).enforce(0.12341, 2) == 0.12345


def test_random_values_cover_grid_and_range():
    random = np.random.default_rng(1)
    assert {Bound(1, 2, 0.5).draw(random) for _ in range(60)} == {1.0, 1.5, 2.0}
    drawn = [Bound(-1, 3).draw(random) for _ in range(300)]
    assert min(drawn) < -0.9
    assert max(drawn) > 2.9


def test_a_side_that_cannot_trade_has_no_open_gene(home):
    space = GeneSpace.of(home.config({"short_total_wallet_exposure_limit": [0, 0], "short_n_positions": [3, 9]}))
    shorts = [bound for (pside, _), bound in zip(SLOTS, space.bounds, strict=True) if pside == "short"]
    assert len(shorts) == len(SLOTS) / 2 == 37
    assert all(bound.fixed for bound in shorts)
    assert gene(space, "short_n_positions") == Bound(3, 3)
    assert gene(space, "long_close_grid_markup_end") == Bound(0.001, 0.005, 0.0005)


def test_genes_become_a_configuration_and_back(home):
    space = GeneSpace.of(home.config())
    genes = space.draw(np.random.default_rng(3))
    config = space.decode(genes)
    assert space.encode(config) == genes == space.enforce(genes)
    assert config.bot.long.ema_span_0 == genes[SLOTS.index(("long", "ema_span_0"))]
    assert config.hash != space.base.hash
    assert config.data["live"] == space.base.data["live"]


def test_fine_tuning_opens_only_what_is_named(home):
    config = home.config()
    space = GeneSpace.of(config, ["long_ema_span_0"])
    loose = [f"{pside}_{name}" for (pside, name), bound in zip(SLOTS, space.bounds, strict=True) if not bound.fixed]
    assert loose == ["long_ema_span_0"]
    assert gene(space, "long_entry_grid_spacing_pct").low == config.bot.long.entry_grid_spacing_pct
    with pytest.raises(ConfigError, match="long_nonsense"):
        GeneSpace.of(config, ["long_nonsense"])


@pytest.mark.parametrize(
    ("names", "start", "end", "threshold"),
    [
        (["forward_tp_grid"], 0.001, 0.009, 0.01),
        (["backward_tp_grid"], 0.009, 0.001, 0.01),
        (["lossless_close_trailing", "forward_tp_grid"], 0.001, 0.009, 0.02),
        (["example"], 0.009, 0.001, 0.01),
    ],
)
def test_parameter_constraints(home, names, start, end, threshold):
    given = {
        "long_close_grid_markup_start": 0.009,
        "long_close_grid_markup_end": 0.001,
        "long_close_trailing_threshold_pct": 0.01,
        "long_close_trailing_retracement_pct": 0.02,
    }
    space = GeneSpace.of(home.config(given, enable_overrides=names))
    side = space.base.bot.long
    assert (side.close_grid_markup_start, side.close_grid_markup_end) == (start, end)
    assert side.close_trailing_threshold_pct == threshold
