from __future__ import annotations

import os
import time

from pbtui.cli.figures import finite
from pbtui.cli.output import LineWriter, log_line
from pbtui.core.snapshot import EventRow


def test_lines_arrive_in_order() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing)
    for n in range(100):
        writer.put(f"line {n}")
    writer.close()
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read().splitlines() == [f"line {n}" for n in range(100)]


def test_a_reader_that_stops_costs_lines_and_no_time() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing, kept=100)
    began = time.monotonic()
    for n in range(50_000):
        writer.put(f"line {n} {'x' * 100}")
    writer.close(wait_s=0.1)
    assert time.monotonic() - began < 60
    os.set_blocking(reading, False)
    seen = b""
    deadline = time.monotonic() + 60
    while b"line 49999 " not in seen and time.monotonic() < deadline:
        try:
            seen += os.read(reading, 65_536)
        except BlockingIOError:
            continue
    assert b"lines dropped" in seen
    assert b"line 49999 " in seen
    os.close(reading)
    os.close(writing)


def test_a_reader_that_is_gone_does_no_harm() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LineWriter(writing)
    for _ in range(10):
        writer.put("x")
    writer.close()
    os.close(writing)


def test_a_log_line_is_one_safe_line() -> None:
    row = EventRow(1_746_880_200_000, 0, "or\x1bder", "B\u202eTC", "a\nb\x1b]52;c;x\x07\x9b31m", is_error=True)
    line = log_line(row)
    assert line.startswith("2025-05-10T12:30:00Z ERROR    [or\ufffdder] BTC a b\ufffd]52;c;x")
    assert line.isprintable()


def test_json_has_no_nan() -> None:
    assert finite({"a": [float("nan"), 1.5, {"b": float("inf")}], "c": "x"}) == {
        "a": [None, 1.5, {"b": None}],
        "c": "x",
    }
