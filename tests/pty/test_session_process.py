"""The console and its bot in a real terminal: hang-up, detach, attach, stop, crash, kill."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Home
from terminals import Terminal

SPEED = "60"  # one minute, one turn a second


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path)
    yield found
    left = found.status()
    if left is not None:
        os.kill(left["pid"], signal.SIGKILL)


def console(home: Home, *words: str, speed: str = SPEED) -> Terminal:
    found = Terminal(home.words("--synthetic", "--speed", speed, *words)[1:], home.env)
    found.wait_for(b"SYNTHETIC", b"Orders", seconds=120)
    return found


def ticks(home: Home) -> int:
    return home.wait_status(lambda status: status["tick"] > 0)["tick"]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def expect_loop_goes_on(home: Home) -> None:
    """The loop must tick on without a gap of more than a turn, and cost next to nothing."""
    found = home.wait_status(lambda status: status["tick"] > 0)
    home.wait_status(lambda status: status["tick"] >= found["tick"] + 1)
    tick, began, used = ticks(home), time.monotonic(), cpu_seconds(found["pid"])
    time.sleep(4)
    share = (cpu_seconds(found["pid"]) - used) / (time.monotonic() - began)
    gained, took = ticks(home) - tick, time.monotonic() - began
    assert gained >= int(took / 2) - 1, f"{gained} turns in {took:.1f} s"
    assert share < 0.25, f"{share:.1%} of a core at a turn a second"


def test_a_lost_terminal_leaves_the_loop_running_and_attach_finds_it(home: Home) -> None:
    with console(home) as terminal:
        before = ticks(home)
        terminal.hang_up()
        assert ticks(home) >= before
        expect_loop_goes_on(home)
        log = [json.loads(line)["text"] for line in next(home.base.glob("run/**/log.jsonl")).read_text().splitlines()]
        assert "the terminal hung up" in log
        with Terminal(["-m", "pbtui", "attach", "paper"], home.env) as other:
            other.wait_for(b"SYNTHETIC", b"Positions")
            other.type("q")
            other.wait_for(b"Detach")
            time.sleep(0.5)  # dangerous keys rest for a moment after a dialog opens
            other.type("d")
            assert other.wait() == 0
        assert home.status() is not None
        stopped = home.command("stop", "paper")
        assert stopped.returncode == 0
        assert "entries cancelled" in stopped.stderr
        assert terminal.wait() == 0, "the process that was started ends with its bot"


def test_sighup_is_a_detach(home: Home) -> None:
    with console(home) as terminal:
        ticks(home)
        terminal.kill(signal.SIGHUP)
        expect_loop_goes_on(home)
        assert not terminal.ended()
        terminal.kill(signal.SIGTERM)
        assert terminal.wait() == 0
        assert home.status() is None


def test_sigterm_stops_in_order_and_gives_the_terminal_back(home: Home) -> None:
    with console(home, speed="1200") as terminal:
        home.wait_status(lambda status: status["positions"] > 0 and status["orders"] > status["positions"])
        terminal.kill(signal.SIGTERM)
        assert terminal.wait() == 0
        assert b"\x1b[?1049l" in terminal.output  # the normal screen is back
        assert b"positions, orders +" in terminal.output
        kinds = {kind for (kind,) in home.rows("SELECT order_type FROM orders")}
        assert kinds
        assert all(kind.startswith("close_") for kind in kinds)
        assert home.command("status").returncode == 1


def test_detaching_gives_the_shell_back_and_the_bot_goes_on(home: Home) -> None:
    with console(home) as terminal:
        bot = home.wait_status(lambda status: status["tick"] > 0)["pid"]
        terminal.type("q")
        terminal.wait_for(b"Detach")
        time.sleep(0.5)
        terminal.type("d")
        assert terminal.wait() == 0
        assert b"the bot goes on (pid %d): pbtui attach paper" % bot in terminal.output
        expect_loop_goes_on(home)
        assert os.getsid(bot) != os.getsid(0)
        assert {os.readlink(f"/proc/{bot}/fd/{fd}") for fd in (0, 1, 2)} == {"/dev/null"}
        second = home.run("--synthetic", "--no-ui")
        assert (second.returncode, "pbtui attach paper" in second.stderr) == (4, True)
        assert home.command("stop", "paper").returncode == 0


def test_killing_the_program_kills_the_bot(home: Home) -> None:
    with console(home) as terminal:
        ticks(home)
        terminal.kill(signal.SIGKILL)
        deadline = time.monotonic() + 60
        while home.status() is not None:
            assert time.monotonic() < deadline
        assert home.run("--synthetic", "--no-ui", "--once").returncode == 0


def test_a_terminal_that_stops_reading_does_not_stop_the_loop(home: Home) -> None:
    with console(home, speed="600") as terminal:
        before = ticks(home)
        time.sleep(6)  # nobody reads: the terminal's buffer is full after a second or so
        assert ticks(home) >= before + 40
        seen = len(terminal.output)
        terminal.kill(signal.SIGTERM)
        assert terminal.wait() == 0
        assert len(terminal.output) > seen


def test_two_consoles_one_has_the_controls(home: Home) -> None:
    with console(home) as first, Terminal(["-m", "pbtui", "attach"], home.env) as second:
        second.wait_for(b"SYNTHETIC", b"Positions")
        second.type("q")
        second.wait_for(b"watching")
        time.sleep(0.5)
        second.type("d")
        assert second.wait() == 0
        first.kill(signal.SIGTERM)
        assert first.wait() == 0


def test_a_broken_config_is_one_line_and_no_screen(home: Home, tmp_path: Path) -> None:
    broken = tmp_path / "broken.hjson"
    broken.write_text("{ live: { leverage: [ } }")
    with Terminal(home.words(str(broken))[1:], home.env) as terminal:
        assert terminal.wait() == 2
        assert b"\x1b[" not in terminal.output
        assert terminal.output.count(b"\n") == 1


def test_a_wrong_folder_is_one_line_after_the_screen(home: Home) -> None:
    with Terminal(home.words("--replay", "/nowhere/at/all")[1:], home.env) as terminal:
        assert terminal.wait() == 2
        _, _, after = terminal.output.rpartition(b"\x1b[?1004l")
        assert b"pbtui: no folder /nowhere/at/all; name one with a parquet file per coin\r\n" in after
    assert home.status() is None
