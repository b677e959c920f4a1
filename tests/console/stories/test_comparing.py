"""Two backtests held against each other, on their screen beside the bot."""

from __future__ import annotations

from pathlib import Path

from console.backtest_support import at_rest, full, keys

from .stage import story


async def test_two_results_side_by_side(tmp_path: Path, pictures: Path | None) -> None:
    full(tmp_path)
    async with story(tmp_path, pictures=pictures) as d:
        d.begin()
        await d.press("2")
        await at_rest(d)
        assert "Runs 4" in d.text

        # Hold the newest against the one below it: each figure twice, with the difference.
        await keys(d, "c")
        assert "now choose the run to hold against it" in d.message
        await keys(d, "down")
        gain = next(line for line in d.lines if "gain " in line and "1.0500" in line)
        assert "0.9220" in gain
        assert "▼-0.1280" in gain
        await d.pose("compare")
        await keys(d, "right_square_bracket")
        await d.sees("the other", "linear")

        await keys(d, "escape")
        assert "the other" not in d.text
        await keys(d, "escape")
        await d.sees("Positions")
        assert d.snap.health.state == "running", "the bot has traded all the while"
