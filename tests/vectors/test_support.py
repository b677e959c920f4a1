"""The comparison itself: what it lets pass, and that it lets nothing else pass."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from . import numerics_cases, support
from .support import NotUnderstood, Row, check_file, difference, restore


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1.0, 1.0 + 1e-10),
        (0.0, -0.0),
        (0.0, 1e-13),
        (float("nan"), float("nan")),
        (float("inf"), float("inf")),
        (20, 20.0),
        ([{"idx": 1, "qty": -2.0}], ({"idx": 1, "qty": -2.0},)),
        (None, None),
    ],
)
def test_equal_enough(expected: object, actual: object) -> None:
    assert difference(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1.0, 1.0 + 1e-8),
        (0.0, 1e-11),
        (1e-6, 1.000001e-6),
        (float("nan"), 0.0),
        (float("inf"), float("-inf")),
        (1, 2),
        (1, True),
        (1.0, True),
        ("close_grid_long", "close_grid_short"),
        ([1.0], [1.0, 1.0]),
        ([1, 2], [2, 1]),
        ({"a": 1.0}, {"a": 1.0, "b": 1.0}),
        (None, []),
        (0.0, None),
    ],
)
def test_different(expected: object, actual: object) -> None:
    assert difference(expected, actual)


def test_texts_for_non_finite_floats_are_restored_everywhere() -> None:
    restored = restore({"a": ["NaN", {"b": "-Infinity"}], "c": "long"})
    assert difference({"a": [float("nan"), {"b": float("-inf")}], "c": "long"}, restored) is None


def _write(path: Path, rows: list[Row]) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def test_wrong_unknown_and_unexpectedly_refused_rows_are_failures(tmp_path: Path) -> None:
    good: Row = {"id": "1", "fn": "round_", "in": {"n": 1.26, "step": 0.1}, "out": 1.3}
    rows: list[Row] = [
        good,
        {**good, "id": "2", "out": 1.2},
        {**good, "id": "3", "fn": "no_such_function"},
        {**good, "id": "4", "in": {"n": 1.26, "stride": 0.1}},
        {**good, "id": "5", "error": "invalid_argument"},
        {**good, "id": "6", "error": "some_other_error"},
        {**good, "id": "7", "in": {"n": "a number", "step": 0.1}, "knife_edge": True},
    ]
    report = check_file(_write(tmp_path / "numerics.jsonl.gz", rows), numerics_cases.problem, numerics_cases.group)
    assert (report.rows, report.knife_edge) == (7, 1)
    assert [row_id for _, row_id, *_ in report.failures] == ["2", "3", "4", "5", "6", "7"]
    assert "knife-edge round_: 1" in report.summary()


def test_the_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBTUI_VECTORS", str(tmp_path))
    assert support.decision_files() == []
    _write(tmp_path / "numerics.jsonl.gz", [])
    assert [path.name for path in support.decision_files()] == ["numerics.jsonl.gz"]
    assert check_file(tmp_path / "numerics.jsonl.gz", numerics_cases.problem, numerics_cases.group).rows == 0


def test_a_kind_that_nobody_knows_is_said(tmp_path: Path) -> None:
    def unknown(row: Row) -> str | None:
        raise NotUnderstood(row["fn"])

    report = check_file(_write(tmp_path / "x.jsonl.gz", [{"id": "1", "fn": "f"}]), unknown, lambda row: row["fn"])
    assert report.failures == [("f", "1", False, "NotUnderstood: f")]
