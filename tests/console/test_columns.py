"""Choosing columns: hidden and shown at once, kept between starts, never the one that names a row."""

from __future__ import annotations

from pathlib import Path

from pbtui.console.dialogs.columns import ColumnsDialog, column_rows
from pbtui.console.kept import read_kept
from pbtui.console.tables import positions
from pbtui.console.widgets.columns import Column, layout

from .sample import snapshot
from .support import desk


def titles(lines: list[str]) -> str:
    return next(line for line in lines if "coin" in line and "mode" in line)


def test_hidden_columns_take_no_room_but_the_first_stays() -> None:
    columns = [Column("coin", "coin"), Column("size", "size"), Column("mark", "mark")]
    assert layout(columns, [4, 4, 4], 40, {"mark"}) == [(0, 4), (1, 4)]
    assert layout(columns, [4, 4, 4], 40, {"coin", "size", "mark", "unknown"}) == [(0, 4)]


def test_every_column_but_the_first_can_be_chosen() -> None:
    rows = column_rows(positions.COLUMNS, {"mark"})
    assert [row.key for row in rows] == [column.id for column in positions.COLUMNS[1:]]
    assert all(row.cells[1][0][0].strip() for row in rows)
    assert [row.key for row in rows if row.cells[0][0][0] == " "] == ["mark"]


async def test_columns_are_hidden_at_once_and_stay_hidden_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    async with desk(snapshot(), kept=path) as d:
        assert "mark" in titles(d.lines)
        await d.press("|")
        assert isinstance(d.app.screen, ColumnsDialog)
        await d.press(*["down"] * [row.key for row in column_rows(positions.COLUMNS, set())].index("mark"), "space")
        assert d.app.state.hidden == {"positions": frozenset({"mark"})}
        await d.press("escape")
        assert "mark" not in titles(d.lines)
        assert d.link.actions == []
        d.app.leave("detach")
    kept = read_kept(path)
    assert kept is not None
    assert kept.hidden == {"positions": ["mark"]}
    async with desk(snapshot(), kept=path, size=(80, 24)) as d:
        assert "mark" not in titles(d.lines)
        await d.press("|", "a", "escape")
        assert "mark" in titles(d.lines)
        assert d.app.state.hidden == {}
