"""Charts: every candle and near level is drawn, in any size, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.console.draw import draw, times
from pbtui.console.levels import Scale, gutter_for, level_ink, round_prices, short_kind, tags
from pbtui.console.text import line_width
from pbtui.core.actions import ChartQuery
from pbtui.core.snapshot import Chart, Level

from .sample import chart, symbol_of

prices = st.floats(1e-8, 1e7) | st.sampled_from([0.0, float("nan"), float("inf"), -1.0])


def text_of(lines: list) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_levels_are_tagged_and_far_ones_are_counted() -> None:
    text = text_of(draw(chart(ChartQuery(symbol_of("SOL"), "1m", 60)), 80, 20))
    for words in (
        "149.655 mark",
        "148.210 position",
        "149.950 close",
        "145.900 entry",
        "ema high",
        "2 more ▼",
        "11:10Z",
    ):
        assert words in text


def test_a_narrow_chart_uses_short_names_and_a_tiny_one_drops_the_tags() -> None:
    sample = chart(ChartQuery(symbol_of("SOL"), "1m", 60))
    assert "148.210 pos" in text_of(draw(sample, 38, 16))
    assert "mark" not in text_of(draw(sample, 18, 10))
    assert text_of(draw(sample, 80, 2)) == "no candles yet"


def test_names_say_the_side_only_where_both_sides_have_levels() -> None:
    sample = chart(ChartQuery(symbol_of("SOL"), "1m", 60))
    both = replace(sample, levels=(*sample.levels, Level("entry(pos)", "short", 150.1, -1.0)))
    assert " position" in text_of(draw(sample, 80, 20))
    text = text_of(draw(both, 80, 20))
    assert "148.210 L position" in text
    assert "150.100 S position" in text
    assert "149.655 mark" in text


def test_the_time_axis_has_round_times_with_their_z_and_days_where_they_begin() -> None:
    start = 1_747_180_740_000  # 2025-05-13 23:59
    line = times([start + minute * 60_000 for minute in range(40)], 44)
    assert "14 May" in line
    assert line.split()[2:] == ["00:10Z", "00:20Z", "00:30Z"]
    assert line.index("00:10Z") == 4 + 11
    assert times([], 10).strip() == ""


def test_two_levels_of_one_row_both_have_a_tag_and_the_row_the_line_of_its_own() -> None:
    sample = chart(ChartQuery(symbol_of("SOL"), "1m", 60))
    pair = (Level("close_grid_short", "short", 150.0, 1.0), Level("entry_grid_normal_long", "long", 150.001, 2.0))
    for levels in (pair, pair[::-1]):
        lines = draw(replace(sample, levels=levels), 80, 12)
        tagged = [line for line in lines if "150.00" in line[-1][0]]
        assert ["150.001" in line[-1][0] for line in tagged] == [True, False]
        (own,) = [line for line in tagged if line[-2][0] == "┤"]
        assert {ink for text, ink in own if "╌" in text} == {own[-1][1]}
        (beside,) = [line for line in tagged if line is not own]
        assert beside[-2][0] == "│"
        assert not any("╌" in text for text, _ in beside)


@given(st.lists(st.floats(99.0, 101.0), min_size=1, max_size=30), st.integers(4, 40))
def test_tags_are_in_the_order_of_their_prices_and_each_shows_a_level(values: list[float], rows: int) -> None:
    levels = [Level("close_grid_long", "long", value, -1.0) for value in values]
    scale = Scale(98.9, 101.1, rows)
    shown = [line for line in tags(levels, scale, 4, gutter_for(levels, values, 4, 80)) if "close" in line[-1][0]]
    found = [float(line[-1][0].split()[0]) for line in shown]
    assert found == sorted(found, reverse=True)
    assert {round(value, 4) for value in found} <= {round(value, 4) for value in values}
    assert len(found) >= len({scale.half(value) // 2 for value in values})


def test_prices_of_the_axis_are_round_and_apart() -> None:
    prices_ = round_prices(Scale(2_291.3, 2_367.9, 24))
    assert prices_ == [2_300.0, 2_320.0, 2_340.0, 2_360.0]


def test_rising_and_falling_candles_fill_their_half_rows() -> None:
    one = Chart("S", "1m", (60_000, 120_000), (10.0, 12.0), (12.0, 12.0), (10.0, 10.0), (12.0, 10.0), (), 1)
    lines = draw(one, 40, 7)
    drawn = [(glyph, ink) for line in lines[:-1] for text, ink in line[:-1] for glyph in text if glyph in "┃╿╽│╹╻"]
    assert {ink for _, ink in drawn} == {"up", "down"}
    assert {glyph for glyph, _ in drawn} <= set("┃╹╻")


def test_every_kind_of_level_has_a_short_name_and_an_ink() -> None:
    kinds = {
        "entry_grid_normal_long": "entry", "close_grid_short": "close", "entry_trailing_normal_long": "trail in",
        "close_trailing_long": "trail out", "close_unstuck_long": "unstuck", "close_auto_reduce_wel_long": "reduce",
        "close_panic_short": "panic", "foreign": "foreign", "entry(pos)": "position",
    }  # fmt: skip
    assert {kind: short_kind(kind) for kind in kinds} == kinds
    assert level_ink(Level("entry_grid_normal_short", "short", 1.0, -2.0)) == "down"


def test_a_scale_keeps_its_ends() -> None:
    scale = Scale(10.0, 20.0, 11)
    assert (scale.half(20.0), scale.half(10.0)) == (0, 21)
    assert scale.half(1e9) == 0


@settings(max_examples=60)
@given(
    st.lists(st.tuples(prices, prices, prices, prices), max_size=40),
    st.lists(prices, max_size=12),
    st.integers(1, 120),
    st.integers(1, 50),
)
def test_any_candles_fit_any_room(bars: list, levels: list[float], columns: int, rows: int) -> None:
    marks = tuple(Level("close_grid_long", "long", price, -1.0) for price in levels)
    made = Chart("S", "1m", tuple(range(len(bars))), *(tuple(bar[i] for bar in bars) for i in range(4)), marks, 2)
    lines = draw(made, columns, rows)
    assert len(lines) <= max(1, rows)
    if len(lines) > 1:
        assert all(line_width(line) <= max(columns, 12) for line in lines[:-1])
