"""Every metric of the file is explained, once, with its direction."""

from __future__ import annotations

import pytest

from pbtui.optimize.metric_docs import CHAPTERS, TOLD_ONLY, full_names, metrics_markdown
from pbtui.optimize.metrics import METRICS


def test_every_metric_is_explained_once() -> None:
    told = [full for chapter in CHAPTERS for doc in chapter.docs for name in doc.names for full in full_names(name)]
    assert len(told) == len(set(told))
    assert set(told) == METRICS | TOLD_ONLY


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("gain", {"gain_usd", "gain_btc"}),
        ("adg", {"adg_usd", "adg_btc", "adg_w_usd", "adg_w_btc"}),
        ("adg_pnl", {"adg_pnl", "adg_pnl_w"}),
        ("pnl_ratio_long_short", {"pnl_ratio_long_short"}),
        (
            "mdg_per_exposure_long",
            {f"mdg{w}_per_exposure_long_{unit}" for w in ("", "_w") for unit in ("usd", "btc")},
        ),
    ],
)
def test_a_name_stands_for_its_variants(name: str, full: set[str]) -> None:
    assert set(full_names(name)) == full


def test_directions_and_marks() -> None:
    rows = {
        row.split("`")[1]: [cell.strip() for cell in row.split("|")]
        for row in metrics_markdown().splitlines()
        if "| `" in row
    }
    assert rows["adg"][2:4] == ["¤ w", "↑"]
    assert rows["drawdown_worst"][2:4] == ["¤", "↓"]
    assert rows["peak_recovery_hours_pnl"][2:4] == ["", "↓"]
    assert rows["pnl_ratio_long_short"][3] == "–"
