"""A job for the tests: does what the request names. Run as a process."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from pbtui.core.errors import ConfigError
from pbtui.jobs.child import Context, leave, serve, stoppable
from pbtui.jobs.events import FillsCount, Note, Stage


def work(context: Context) -> dict[str, Any]:
    what = context.request["what"]
    context.emit(Stage(what))
    print("a library prints", flush=True)  # must not end up among the frames
    return WORKS[what](context) or {}


def echo(context: Context) -> dict[str, Any]:
    context.emit(Note("half way"))
    return {"request": dict(context.request), "secret": os.environ.get("MY_API_KEY"), "nice": os.nice(0)}


def refuse(_: Context) -> None:
    raise ConfigError("no such coin: FOO", hint="look at live.approved_coins")


def bug(_: Context) -> None:
    raise ZeroDivisionError("a bug\nof two lines")


def die(context: Context) -> None:
    print("last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), context.request["signal"])
    time.sleep(60)


def segfault(_: Context) -> None:
    import ctypes

    ctypes.string_at(0)


def quit_early(_: Context) -> None:
    os._exit(7)


def memory(_: Context) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    bytearray(8 << 30)


def disk(context: Context) -> None:
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as file:
            file.write("x")
    raise OSError(errno.ENOSPC, "No space left on device", "results")


def garbage(context: Context) -> None:
    os.write(frames(context), context.request["text"].encode())
    threading.Event().wait()


def long_line(context: Context) -> None:
    chunk = b"x" * (1 << 20)
    while True:
        os.write(frames(context), chunk)


def chatter(context: Context) -> dict[str, Any]:
    for n in range(context.request["n"]):
        context.emit(FillsCount(n))
        print("noise", "x" * 200, file=sys.stderr)
    return {}


def until_stopped(context: Context) -> None:
    context.emit(Note(f"pid {os.getpid()}"))
    n = 0
    while True:
        context.emit(FillsCount(n := n + 1))
        time.sleep(0.01)


def deaf(context: Context) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    context.emit(Note("not listening"))
    threading.Event().wait()


def with_grandchild(context: Context) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # inherits nothing but stderr
    context.emit(Note(f"pid {child.pid}"))
    threading.Event().wait()


def finish_alone(context: Context) -> dict[str, Any]:
    context.emit(Note("ready"))
    while not context.stopping:
        if os.path.exists(context.request["go"]):
            break
        time.sleep(0.01)
    for stream in (sys.stdout, sys.stderr):
        print("x" * 100_000, file=stream, flush=True)
    with open(context.request["file"], "w") as file:
        file.write("stopped" if context.stopping else "finished")
    return {}


def simulate(context: Context) -> dict[str, Any]:
    import numpy as np

    from pbtui.jobs.watch import watched_run
    from tests.engine.test_backtest import Call, market

    bars = context.request["bars"]
    call = Call(hlcvs=market(bars), btc_usd=np.full(bars, 50_000.0))
    context.emit(Stage("simulating"))
    with watched_run(context.emit) as progress:
        found = call.run(progress=progress, look_ahead=False)
    assert found.fills is not None
    return {"fills": len(found.fills), "gain": found.analysis_usd["gain"]}


def wait_for_a_venue(context: Context) -> dict[str, Any]:
    import asyncio

    context.emit(Note("waiting"))
    asyncio.run(stoppable(asyncio.Event().wait(), context))
    return {}


def frames(context: Context) -> int:
    return context._out


WORKS: dict[str, Any] = {
    function.__name__: function
    for function in (
        echo, refuse, bug, die, segfault, quit_early, memory, disk, garbage, long_line, chatter, until_stopped, deaf,
        with_grandchild, finish_alone, simulate, wait_for_a_venue,
    )
}  # fmt: skip

if __name__ == "__main__":
    leave(serve(work, grace_s=0.2))
