"""The search for fake secrets finds them where they must not be; it runs around every test of this folder."""

from __future__ import annotations

import logging
from pathlib import Path

from tests.support.canaries import Canaries
from tests.venues.simulator import KEY, SECRET


def test_a_secret_is_found_in_any_log_line_and_file_but_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text(SECRET)
    with Canaries([SECRET, KEY]) as found:
        logging.getLogger("ccxt.base.exchange").log(5, "GET %s", "https://venue/account")
        assert found.in_lines() == found.in_files(tmp_path) == []
    hidden = Canaries([SECRET])
    line = logging.LogRecord("x", logging.DEBUG, "", 0, "headers %s", ({"KEY": SECRET},), None)
    hidden.emit(line)
    try:
        raise ValueError(f"signed with {SECRET}")
    except ValueError as error:
        hidden.emit(logging.LogRecord("x", 5, "", 0, "failed", (), (ValueError, error, error.__traceback__)))
    assert len(hidden.in_lines()) == 2
    sub = tmp_path.with_name(tmp_path.name + "-beside") / "run"
    sub.mkdir(parents=True)
    (sub / "fills.db").write_bytes(b"\x00" + SECRET.encode() + b"\xff")
    assert hidden.in_files(sub.parent) == ["run/fills.db"]
