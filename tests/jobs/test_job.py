"""Jobs in real processes: what they tell, and every way they can end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.jobs.events import Done, EquitySample, Event, Failed, FillsCount, Note, Progress, Stage
from pbtui.jobs.job import Job, JobFailed

ROOT = Path(__file__).resolve().parents[2]


async def start(what: str, **more: Any) -> Job:
    return await Job.start("", {"what": what, **more}, command=[sys.executable, "-m", "tests.jobs.child_of_test"])


async def all_of(job: Job) -> list[Event]:
    return [event async for event in job.events()]


async def end_of(what: str, **more: Any) -> Failed:
    job = await start(what, **more)
    events = await asyncio.wait_for(all_of(job), 30)
    assert events[-1] is job.end
    assert isinstance(job.end, Failed)
    with pytest.raises(JobFailed) as caught:
        await job.result()
    assert caught.value.line() == job.end.line
    return job.end


async def first_note(job: Job) -> str:
    async for event in job.events():
        if isinstance(event, Note):
            return event.text
    raise AssertionError("no note came")


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie nobody has waited for counts."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    clock = RealClock()
    async with asyncio.timeout(seconds):
        while not condition():
            await clock.sleep(0.01)


async def test_tells_all_and_hands_back_its_result(monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "hush")
    job = await start("echo", coins=["BTC", "ETH"])
    events = await all_of(job)
    assert events[:2] == [Stage("echo"), Note("half way")]
    assert isinstance(events[2], Done)
    result = await job.result()
    assert result["request"] == {"what": "echo", "coins": ["BTC", "ETH"]}
    assert result["secret"] is None
    assert result["nice"] == 19
    assert not job.running


async def test_the_result_comes_without_listening():
    job = await start("chatter", n=20_000)
    assert await asyncio.wait_for(job.result(), 30) == {}
    events = await all_of(job)
    assert [type(event) for event in events] == [Stage, FillsCount, Done]
    assert events[1] == FillsCount(19_999)


async def test_a_refusal_keeps_its_line_and_exit_code():
    failed = await end_of("refuse")
    assert failed.line == "no such coin: FOO; look at live.approved_coins"
    assert failed.exit_code == ExitCode.USAGE


async def test_a_bug_is_one_line_with_the_traceback_behind_it():
    failed = await end_of("bug")
    assert failed.line == "internal error: ZeroDivisionError: a bug of two lines"
    assert failed.exit_code == ExitCode.FAILED
    assert any("child_of_test.py" in line for line in failed.last_lines)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
async def test_a_killed_job_fails_with_its_last_words(number):
    failed = await end_of("die", signal=int(number))
    assert signal.Signals(number).name in failed.line
    assert "last words" in failed.last_lines


async def test_a_crash_in_compiled_code_leaves_a_traceback():
    failed = await end_of("segfault")
    assert "SIGSEGV" in failed.line
    assert any("segfault" in line for line in failed.last_lines)


async def test_a_job_that_just_ends_has_failed():
    assert "exit code 7" in (await end_of("quit_early")).line


async def test_too_little_memory_is_said_plainly():
    assert (await end_of("memory")).line.startswith("not enough memory")


async def test_a_full_disk_is_said_plainly():
    assert (await end_of("disk")).line.startswith("the disk is full")


@pytest.mark.parametrize("text", ["hello\n", '{"type":"stage"}\n', "\x00\xff\x1b[2J\n", "[[[\n"])
async def test_a_job_that_babbles_is_killed(text):
    failed = await end_of("garbage", text=text)
    assert "something else than it should" in failed.line
    assert "\x1b" not in failed.line


async def test_a_line_without_end_is_not_swallowed_whole(monkeypatch):
    monkeypatch.setattr("pbtui.jobs.job.LINE_LIMIT", 100_000)
    assert "more than 100,000 characters" in (await end_of("long_line")).line


async def test_what_is_no_program_fails_in_one_line(tmp_path):
    with pytest.raises(JobFailed, match="cannot be started"):
        await Job.start("", {}, command=[str(tmp_path / "nothing")])


async def test_a_module_that_is_missing_fails_with_what_python_says():
    job = await Job.start("pbtui.jobs.no_such_module", {})
    with pytest.raises(JobFailed) as caught:
        await job.result()
    assert any("no_such_module" in line for line in caught.value.last_lines)


async def test_stops_in_order():
    job = await start("until_stopped")
    pid = int((await first_note(job)).split()[1])
    await job.stop(grace_s=30)
    assert job.end == Failed("stopped", int(ExitCode.INTERRUPTED), ("a library prints",))
    assert gone(pid)


async def test_who_waits_for_a_venue_stops_as_well():
    job = await start("wait_for_a_venue")
    assert await first_note(job) == "waiting"
    await job.stop(grace_s=30)
    assert isinstance(job.end, Failed)
    assert (job.end.line, job.end.exit_code) == ("stopped", ExitCode.INTERRUPTED)


async def test_who_does_not_stop_is_killed_with_all_it_started():
    job = await start("with_grandchild")
    grandchild = int((await first_note(job)).split()[1])
    await job.stop(grace_s=0.05)
    assert isinstance(job.end, Failed)
    assert job.end.exit_code == ExitCode.INTERRUPTED
    await until(lambda: gone(grandchild))


async def test_stopping_twice_or_late_is_no_error():
    job = await start("echo")
    await job.result()
    await job.stop()
    job.kill()
    assert isinstance(job.end, Done)


@pytest.mark.parametrize("what", ["until_stopped", "deaf"])
async def test_no_orphan_is_left_when_the_parent_is_killed(what):
    parent, pid = await _parent(what)
    parent.kill()
    await parent.wait()
    await until(lambda: gone(pid))


async def test_a_job_that_was_let_go_outlives_its_parent(tmp_path):
    go, file = tmp_path / "go", tmp_path / "file"
    parent, pid = await _parent("finish_alone", let_go=True, go=str(go), file=str(file))
    parent.kill()
    await parent.wait()
    assert not gone(pid)
    go.touch()
    await until(lambda: gone(pid))
    assert file.read_text() == "finished"


async def test_a_backtest_is_watched_to_its_end():
    job = await start("simulate", bars=100_000)
    events = await all_of(job)
    end = events[-1]
    assert isinstance(end, Done)
    assert end.result["fills"] > 0
    assert [event.n for event in events if isinstance(event, FillsCount)][-1] == end.result["fills"]
    assert sum(isinstance(event, EquitySample) for event in events) > 100
    assert [event.share for event in events if isinstance(event, Progress)][-1] == 1.0


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_backtest_is_ended_while_it_computes(how):
    job = await start("simulate", bars=3_000_000)
    async for event in job.events():
        if isinstance(event, Progress):
            break
    if how == "stop":
        await job.stop(grace_s=30)
    else:
        os.kill(job.pid, signal.SIGKILL)
    with pytest.raises(JobFailed, match="stopped" if how == "stop" else "SIGKILL"):
        await job.result()
    assert gone(job.pid)


PARENT = """
import asyncio, json, sys
sys.path.insert(0, {root!r})
from tests.jobs.test_job import start
from pbtui.jobs.events import Note

async def main():
    more = json.loads({more!r})
    let_go = more.pop("let_go", False)
    job = await start(**more)
    async for event in job.events():
        if isinstance(event, Note):
            break
    if let_go:
        await job.let_go()
    print("pid", job.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def _parent(what: str, **more: Any) -> tuple[asyncio.subprocess.Process, int]:
    """Start a process that starts a job; return both."""
    import json

    script = PARENT.format(root=str(ROOT), more=json.dumps({"what": what, **more}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    found = re.fullmatch(r"pid (\d+)\n", line)
    assert found, line
    return process, int(found[1])
