"""The header: what matters most stays longest, at any width; nothing runs over the edge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.header import header_lines, is_stale
from pbtui.console.state import ViewState
from pbtui.console.text import line_width
from pbtui.core.snapshot import Exposure, LoopHealth, Money, Snapshot

from .sample import NOW_MS, snapshot


def header(snap: Snapshot | None, room: int, rows: int = 1, **changes: object) -> list[str]:
    state = ViewState()
    if snap is not None:
        state.take(snap)
    for name, value in changes.items():
        setattr(state, name, value)
    return ["".join(text for text, _ in line) for line in header_lines(state, NOW_MS, room, rows)]


def test_80_columns_keep_badge_balance_equity_exposure_and_tick_age() -> None:
    line = header(snapshot(), 80)[0]
    for words in (" PAPER ", "bal 1,012.44", "eq 950.46", "L 1.42/1.50 S 0.31/0.50", "tick 0.4s"):
        assert words in line


def test_two_rows_of_120_columns_say_everything() -> None:
    text = "\n".join(header(snapshot(), 120, 2))
    for words in (
        "binanceusdm · USDT",
        "ws ● up",
        "429 1",
        "err/h 1",
        "12:03:44Z",
        "uPnL ▼-61.98",
        "day ▲+12.44",
        "▼6.12%",
    ):
        assert words in text


def test_a_long_account_name_never_pushes_out_what_tells_of_trouble() -> None:
    base = snapshot()
    long_name = replace(base.account, user="replay-2f78d514daab", config_name="a_rather_long_name_of_a_config.hjson")
    text = header(replace(base, account=long_name), 120, 2)[0]
    assert "429 1" in text
    assert "err/h 1" in text


def test_a_replay_shows_the_market_s_date_instead_of_the_clock() -> None:
    base = snapshot()
    head = replace(base.account, kind="replay", badge="REPLAY 600x")
    assert "2025-05-14 12:03Z" in header(replace(base, account=head), 120, 2)[0]


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({"locked": True}, " READ-ONLY "),
        ({"role": "viewer"}, " WATCHING "),
        ({"link_ended": "lost"}, " GONE "),
    ],
)
def test_badges_of_this_console_never_drop(changes: dict[str, object], badge: str) -> None:
    assert badge in header(snapshot(), 60, **changes)[0]


@pytest.mark.parametrize("rows", [1, 2])
@given(
    st.integers(20, 260),
    st.floats(-1e12, 1e12) | st.just(float("nan")),
    st.floats(0, 100),
    st.sampled_from(["starting", "running", "paused", "blocked", "error", "stopping", "stopped", "finished"]),
)
def test_no_header_runs_over_the_edge(rows: int, room: int, value: float, share: float, state: str) -> None:
    snap = snapshot(
        money=Money(value, value, value, value),
        exposure=(Exposure("long", share, 1.5), Exposure("short", share, 0.0)),
        health=LoopHealth(state, last_tick_ms=NOW_MS - 400, expected_interval_ms=1_000),  # type: ignore[arg-type]
    )
    state_view = ViewState()
    state_view.take(snap)
    for line in header_lines(state_view, NOW_MS, room, rows)[:1]:
        assert line_width(line) <= max(room, 40)


def test_staleness_needs_a_first_tick_and_three_intervals() -> None:
    base = snapshot()
    assert not is_stale(replace(base, health=LoopHealth("running")), NOW_MS)
    late = replace(base.health, last_tick_ms=NOW_MS - 6_001)
    assert is_stale(replace(base, health=late), NOW_MS)
    assert not is_stale(replace(base, health=replace(late, state="finished")), NOW_MS)
    fast = replace(base.health, expected_interval_ms=100, last_tick_ms=NOW_MS - 2_900)
    assert not is_stale(replace(base, health=fast), NOW_MS)


def test_without_a_bot_the_header_says_so() -> None:
    assert "waiting for the bot" in header(None, 80)[0]


HEALTHY = replace(
    snapshot().health, rate_limited_1h=0, errors_1h=0, loop_lag_ms=4.0, rest_ms=82.0, clock_skew_ms=-31.0,
    candle_age_ms=61_000, event_age_ms=300, rate_used=0.12,
)  # fmt: skip


def test_a_wide_header_tells_every_figure_of_health_and_no_word_where_all_is_well() -> None:
    text = header(replace(snapshot(), health=HEALTHY), 200, 2)[0]
    for words in ("ws ● up 0.3s", "lag 4ms", "rest 82ms", "candle 1m", "budget 12%", "skew -31ms", "429 0", "err/h 0"):
        assert words in text
    assert "warn" not in text
    assert "BAD" not in text


@pytest.mark.parametrize(
    ("changes", "warn", "bad"),
    [
        ("loop_lag_ms", ("lag 50ms warn", 50.0), ("lag 250ms BAD", 250.0)),
        ("rest_ms", ("rest 1.5s warn", 1_500.0), ("rest 5.0s BAD", 5_000.0)),
        ("clock_skew_ms", ("skew -500ms warn", -500.0), ("skew +12s BAD", 12_000.0)),
        ("candle_age_ms", ("candle 3m warn", 180_000), ("candle 10m BAD", 600_000)),
        ("event_age_ms", ("ws ● up 10s warn", 10_000), ("ws ● up 1m BAD", 60_000)),
        ("rate_used", ("budget 70% warn", 0.7), ("budget 90% BAD", 0.9)),
        ("rate_limited_1h", ("429 1 warn", 1), ("429 20 BAD", 20)),
        ("errors_1h", ("err/h 1 warn", 1), ("err/h 10 BAD", 10)),
        ("stream", ("ws ○ stale 0.3s warn", "stale"), ("ws ○ down BAD", "down")),
    ],
)
def test_a_figure_that_is_not_well_says_so_in_a_word_and_stays(
    changes: str, warn: tuple[str, object], bad: tuple[str, object]
) -> None:
    for words, value in (warn, bad):
        ill = replace(snapshot(), health=replace(HEALTHY, **{changes: value}))  # type: ignore[arg-type]
        assert words in header(ill, 200, 2)[0]
        assert words in header(ill, 120, 2)[0]
    assert bad[0] in "".join(header(ill, 100, 2))


def test_what_is_not_known_is_not_told() -> None:
    text = header(replace(snapshot(), health=replace(snapshot().health, stream="none")), 200, 2)[0]
    assert "ws ○ none" in text
    for name in ("lag", "rest", "candle", "budget", "skew"):
        assert f"{name} " not in text


def test_a_slow_link_is_a_badge_that_never_drops() -> None:
    assert " SLOW LINK " in header(snapshot(), 60, slow_link=True)[0]


def test_amounts_that_grow_and_shrink_push_nothing_to_and_fro() -> None:
    state = ViewState()
    places: list[list[int]] = []
    for upnl, day, balance in ((-123.4, 12.44, 9_999.0), (0.0, 0.0, 10_050.0), (7.0, -1_000.1, 9_980.0)) * 2:
        state.take(snapshot(money=Money(balance, balance + upnl, upnl, day, 1_000.0)))
        row = "".join(text for text, _ in header_lines(state, NOW_MS, 120, 2)[1])
        places.append([row.index(word) for word in ("eq ", "uPnL", "day", "WE", "long", "short")])
        assert len(row) <= 120
    assert places[3:] == [places[3]] * 3, "once each has been as wide as it gets, nothing moves"
    assert all(before <= after for before, after in zip(places[0], places[3], strict=True))
    narrow = [header_lines(state, NOW_MS, room, 2) for room in (80, 84, 90)]
    assert all(line_width(line) <= 90 for lines in narrow for line in lines)
