"""Text from outside can neither steer nor disguise a terminal: hostile bots, names and errors on a real one."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from commands import Home
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from terminals import Terminal

from pbtui.core.clock import RealClock
from pbtui.core.snapshot import (
    AccountHead,
    EventRow,
    Exposure,
    LoopHealth,
    ModeRow,
    Money,
    OrderRow,
    PositionRow,
    ReadyItem,
    Snapshot,
)
from pbtui.link.seats import Seats
from pbtui.link.server import LinkServer
from pbtui.live import lock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "link"))
from bots import LoopBot

MARK = "7531"  # a parameter no program of ours would send
PAYLOADS = [
    f"\x1b]0;PWN{MARK}\x07",
    f"\x1b]52;c;{MARK}\x1b\\",
    f"\x1b[{MARK};1m",
    f"\x9b{MARK}m",
    f"\x1bP{MARK}\x1b\\",
    f"\x9d0;{MARK}\x9c",
    f"\x1b_G{MARK}\x1b\\",
    "\u202eGNOL\u202c",
    "\u2066x\u2069\u200f",
    "[red]BTC[/red]",
    "[@click=app.quit]x[/]",
    "[/]",
    "\r\n\x08\x0c\x0b\x7f",
    "\U000e0041\ufeff\u2028",
    "\x1bc",
    "$(reboot)",
]
HOSTILE = st.lists(st.sampled_from([*PAYLOADS, "BTC", "long "]), min_size=1, max_size=4).map("".join)

POSITION = PositionRow(
    "S", "C", "long", "normal", False, 1.0, 2.0, 2.0, 0.0, 0.0, 0.1, 1.0, "k", 1.9, 0.05, ("flag",), 1, 2, 3
)
ORDER = OrderRow("S", "C", "long", "buy", "entry", 1.0, 1.0, 0.01, 1, "id", "open", 2, 3)
PICTURE = Snapshot(
    1,
    1_700_000_000_000,
    1_700_000_000_000,
    AccountHead("u", "e", "q", "paper", "PAPER", hedge_mode=True, config_name="c"),
    Money(1000.0, 1000.0),
    (Exposure("long", 0.1, 1.0, 1, 2), Exposure("short")),
    LoopHealth("running", "because", 5, 1_700_000_000_000),
    (ReadyItem("name", False, "detail"),),
    (POSITION,),
    (ORDER,),
    (ModeRow("S", "C", "long", "normal", "manual", "manual", "by", 1, "entries"),),
    tuple(EventRow(1, level, "tag", "C", "text", level + 1) for level in range(4)),
    ("warning",),
)
TYPED = {"kind", "state", "stream", "pside", "side", "on_stop"}  # of a fixed set of words: the wire refuses others


def poison(value: Any, text: str) -> Any:
    """Return a value with every free text in it replaced."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(poison(part, text) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        fixed = set(TYPED) - ({"kind"} if isinstance(value, OrderRow) else set())
        changes = {f.name: poison(getattr(value, f.name), text) for f in fields(value) if f.name not in fixed}
        return replace(value, **changes)
    return value


def expect_clean(output: bytes) -> None:
    """No payload may have reached the terminal as a control, whatever it looks like as text."""
    text = output.decode("utf-8", "replace")
    text = re.sub(r"\x1b\]22;[a-z-]+\x07", "", text)  # Textual's own: the shape of the mouse pointer
    assert not re.search(r"\x1b[\]P_^X]", text), "an OSC, DCS, APC, PM or SOS sequence"
    assert "\x1bc" not in text
    assert "\x07" not in text
    assert not re.search(r"[\x80-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]", text)
    for sequence in re.findall(r"\x1b\[([0-9;:?<>=$]*)", text):
        assert MARK not in sequence


@contextmanager
def hostile_bot(home: Home) -> Iterator[tuple[LoopBot, asyncio.AbstractEventLoop]]:
    """Serve a bot made of text on a real socket under a real lock, in a thread of its own."""
    folder = Path(home.env["XDG_STATE_HOME"]) / "pbtui"
    folder.mkdir(parents=True, mode=0o700)
    path = lock.socket_path(folder, "evil")
    info = lock.LockInfo("evil", "evil\x1b]0;x\x07", "e\x1b[2J", "paper", "c\x9b2J", "/r\x1b[2J", str(path), pid=1)
    held = lock.AccountLock.acquire(folder, info)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    bot = LoopBot()
    server = LinkServer(bot, path, Seats(), RealClock())
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(5)
    try:
        yield bot, loop
    finally:
        asyncio.run_coroutine_threadsafe(bot.end(), loop).result(5)
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        held.release()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_hostile_bot_cannot_reach_the_terminal_of_a_console(home: Home) -> None:
    with hostile_bot(home) as (bot, loop):
        seq = 0

        def publish(text: str) -> None:
            nonlocal seq
            seq += 1
            found = replace(poison(PICTURE, text), seq=seq)
            rows = tuple(replace(row, seq=seq * 10 + n) for n, row in enumerate(found.events))
            asyncio.run_coroutine_threadsafe(bot.publish(replace(found, events=rows)), loop).result(5)

        publish("".join(PAYLOADS))
        with Terminal(["-m", "pbtui", "attach", "evil"], home.env) as terminal:
            terminal.wait_for(b"Positions")

            @settings(
                max_examples=25,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(HOSTILE, st.sampled_from(["f", "v", "a", "w", "\r", "\x1b", "?", ""]))
            def fuzz(text: str, key: str) -> None:
                publish(text)
                terminal.type(key)
                terminal.read(0.1)
                terminal.read(0.1)
                assert not terminal.ended()

            fuzz()
            terminal.type("\x1b")
            end = time.monotonic() + 1
            while time.monotonic() < end:
                terminal.read(0.2)
            expect_clean(terminal.output)
            assert len(terminal.output) > 20_000


def test_a_hostile_bot_cannot_reach_the_terminal_of_a_command(home: Home) -> None:
    with hostile_bot(home) as (bot, loop):
        asyncio.run_coroutine_threadsafe(bot.publish(poison(PICTURE, "".join(PAYLOADS))), loop).result(5)
        for words in (
            ("status",),
            ("status", "--json"),
            ("mode", "evil", "NONE\x1b]0;x\x07", "long", "gs"),
            ("stop", "nobody\x1b[2J"),
            ("attach", "x\x9b2J"),
        ):
            with Terminal(["-m", "pbtui", *words], home.env) as terminal:
                terminal.wait()
                expect_clean(terminal.output)
                assert terminal.output
