"""What is known about candles that are not there: each stretch counts its own retries."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_support import BTC, NOW, Kept

from pbtui.core.clock import MINUTE_MS
from pbtui.market.store.notes import Notes
from pbtui.market.store.spans import Stretch

M = MINUTE_MS


def told(kept: Kept, timeframe: str = "1m") -> list[tuple[int, int, str, int]]:
    return [
        (gap.start_ms // M, gap.end_ms // M, gap.reason, gap.retry_count)
        for gap in kept.fresh().known_gaps(BTC, timeframe)
    ]


def note(kept: Kept, start: int, end: int, reason: str, timeframe: str = "1m", **options: int) -> None:
    kept.store.note_gaps(BTC, [Stretch(start * M, end * M)], reason, timeframe, **options)


def test_retries_count_up_to_three_and_by_stretch(kept: Kept) -> None:
    note(kept, 10, 20, "auto_detected")
    assert told(kept) == [(10, 20, "auto_detected", 1)]
    note(kept, 15, 30, "fetch_failed")
    assert told(kept) == [
        (10, 15, "auto_detected", 1),
        (15, 20, "fetch_failed", 2),
        (20, 30, "fetch_failed", 1),
    ], "what is new next to a gap was asked for once, not twice"
    for _ in range(5):
        note(kept, 10, 30, "auto_detected")
    assert told(kept) == [(10, 15, "auto_detected", 3), (15, 30, "fetch_failed", 3)]
    note(kept, 30, 40, "no_trades", retry_count=3)
    note(kept, 0, 50, "manual", retry_count=0)
    assert told(kept) == [(0, 50, "manual", 0)]
    assert kept.fresh().known_gaps(BTC)[0].added_ms == NOW


def test_gaps_are_kept_by_timeframe_and_the_beginning_once(kept: Kept) -> None:
    note(kept, 60, 120, "no_archive", "1h", retry_count=3)
    kept.store.note_listing(BTC, 5 * M)
    assert told(kept) == []
    assert told(kept, "1h") == [(60, 120, "no_archive", 3)]
    assert kept.fresh().listing(BTC) == 5 * M
    note(kept, 0, 5, "pre_inception", retry_count=3)
    assert kept.fresh().listing(BTC) == 5 * M
    kept.store.note_gaps(BTC, [], "manual")
    assert kept.troubles == []


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: Stretch(pair[0], pair[0] + pair[1])), max_size=6
)
asked = st.tuples(spans, st.sampled_from(["auto_detected", "no_trades", "manual"]), st.sampled_from([None, None, 3, 1]))


@settings(max_examples=200, deadline=None)
@given(st.lists(asked, max_size=6))
def test_every_minute_knows_how_often_and_why_it_was_asked_for(rounds: list[tuple]) -> None:
    notes, expected = Notes(), dict[int, tuple[str, int]]()
    for stretches, reason, count in rounds:
        notes = notes.with_gaps(stretches, reason, count, 0)
        for minute in {m for span in stretches for m in range(span.start_ms, span.end_ms)}:
            old_reason, old_count = expected.get(minute, (reason, 0))
            why = old_reason if reason == "auto_detected" else reason
            expected[minute] = (why, min(3, old_count + 1) if count is None else count)
    found = {m: (gap.reason, gap.retry_count) for gap in notes.gaps for m in range(gap.start_ms, gap.end_ms)}
    assert found == expected
    assert sum(gap.end_ms - gap.start_ms for gap in notes.gaps) == len(expected), "no minute twice"
    edges = [(gap.start_ms, gap.end_ms) for gap in notes.gaps]
    assert edges == sorted(edges)


def test_a_year_of_quiet_minutes_is_noted_at_once(kept: Kept) -> None:
    count = 20_000
    kept.store.note_gaps(BTC, [Stretch(3 * i * M, (3 * i + 1) * M) for i in range(count)], "no_trades", retry_count=3)
    assert len(kept.store.known_gaps(BTC)) == count
    kept.store.note_gaps(BTC, [Stretch((3 * i + 1) * M, (3 * i + 2) * M) for i in range(count)], "auto_detected")
    assert len(kept.store.known_gaps(BTC)) == 2 * count
