"""Tracebacks keep their lines on the way to the log, where the log screen folds them; nothing harmful comes along."""

from __future__ import annotations

from pathlib import Path

import orjson

from pbtui.core.snapshot import EventRow
from pbtui.live.events import DEBUG, INFO, EventLog
from pbtui.live.journal import Journal
from pbtui.live.logfile import LogFile

TRACE = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: \x1b[31mred\n'


def test_a_traceback_reaches_the_file_with_its_lines(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log.jsonl")
    journal = Journal(lambda: 1_000)
    journal.subscribe(log)
    journal.trace("crash", TRACE)
    journal.say("crash", TRACE)
    log.close()
    first, second = map(orjson.loads, (tmp_path / "log.jsonl").read_bytes().splitlines())
    assert first["text"].split("\n") == [
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "ValueError: \ufffd[31mred",
    ]
    assert first["level"] == "debug"
    assert "\n" not in second["text"]


def test_a_bot_keeps_tracebacks_only_where_details_are_wanted() -> None:
    heard: list[EventRow] = []
    for level in (INFO, DEBUG):
        events = EventLog(lambda: 1_000, level=level)
        events.subscribe(heard.append)
        events.trace("loop", TRACE)
    assert [row.text.count("\n") for row in heard] == [2]
