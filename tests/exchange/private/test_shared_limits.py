"""Bots of one machine share one request budget and one silence per venue."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pbtui.core.clock import RealClock, VirtualClock
from pbtui.core.errors import ExchangeError, OutcomeUnknown, RateLimited, VenueUnreachable
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.stream import OrderStream
from pbtui.exchange.private.wire import BudgetedCaller, Wire
from pbtui.exchange.public.caller import Caller
from pbtui.exchange.public.feed import CcxtPublicFeed
from pbtui.exchange.shared import share
from pbtui.exchange.silence import LONGEST_S, Silence
from pbtui.exchange.venues import quirks_of

CHILD = Path(__file__).with_name("budget_child.py")
WINDOW_S = 1.0
LIMIT = 3_000.0  # of any such window: a full bucket, what comes back in a second, and one late request of each bot
COST = 100.0


class Gate(ThreadingHTTPServer):
    """Answers 429 to whoever asks when a second holds more than the limit."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: deque[float] = deque()
        self.total = self.refused = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Gate

    def do_GET(self) -> None:
        gate = self.server
        with gate.lock:
            now = time.monotonic()
            gate.asked.append(now)
            while gate.asked[0] <= now - WINDOW_S:
                gate.asked.popleft()
            over = len(gate.asked) * COST > LIMIT
            gate.total += 1
            gate.refused += over
        self.send_response(429 if over else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_four_processes_on_one_venue_are_never_refused(tmp_path: Path) -> None:
    gate = Gate()
    threading.Thread(target=gate.serve_forever, daemon=True).start()
    calls = 10  # of each: together more than may be asked at once
    args = [sys.executable, str(CHILD), str(tmp_path), f"http://127.0.0.1:{gate.server_address[1]}/", str(calls)]
    bots = [subprocess.Popen(args, stderr=subprocess.PIPE) for _ in range(4)]
    try:
        for bot in bots:
            _, errors = bot.communicate(timeout=120)
            assert bot.returncode == 0, errors.decode()[-500:]
    finally:
        for bot in bots:
            bot.kill()
        gate.shutdown()
    assert (gate.total, gate.refused) == (4 * calls, 0)


async def test_silence_is_kept_by_all_processes_and_by_a_restarted_one(tmp_path: Path) -> None:
    clock = VirtualClock()
    first, second = (Silence(clock, tmp_path / "silence") for _ in range(2))
    first.keep(30.0)
    assert second.owed_s() == pytest.approx(30.0, abs=0.01)
    first.keep(10.0)  # never shorter than asked before
    assert Silence(clock, tmp_path / "silence").owed_s() == pytest.approx(30.0, abs=0.01)
    await clock.advance(29.0)
    assert 0.9 < second.owed_s() < 1.1
    await clock.advance(2.0)
    assert second.owed_s() == first.owed_s() == 0.0


@pytest.mark.parametrize("text", [b"", b"torn\x00", b"-5", b"99999999999999999999\n"])
def test_a_file_that_makes_no_sense_keeps_nobody_silent(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "silence"
    path.write_bytes(text)
    silence = Silence(VirtualClock(), path)
    assert silence.owed_s() == 0.0
    silence.keep(2 * LONGEST_S)
    assert Silence(VirtualClock(), path).owed_s() == LONGEST_S
    lonely = Silence(VirtualClock(), tmp_path / "missing" / "silence")
    lonely.keep(5.0)
    assert lonely.owed_s() == 5.0


class Client:
    """What callers need of a client of the library."""

    def __init__(self) -> None:
        self.refusal: dict[str, str] | None = None

    def on_rest_response(
        self, code: int, reason: str, url: str, method: str, headers: dict[str, str], *rest: object
    ) -> None:
        """Be listened to."""

    async def ask(self) -> str:
        if self.refusal is not None:
            self.on_rest_response(429, "", "", "GET", self.refusal)
            raise OSError("slow down")
        return "answer"


async def test_a_refusal_counts_for_its_own_call_and_silences_everybody(tmp_path: Path) -> None:
    clock, client, other = VirtualClock(), Client(), Client()
    caller = BudgetedCaller("v", clock, Budget(clock, 600.0, reserve=0.0), {}, Silence(clock, tmp_path / "s"))
    stranger = Caller("v", clock, Silence(clock, tmp_path / "s"))
    caller.listen(client)
    client.refusal = {"Retry-After": "20"}
    with pytest.raises(RateLimited, match="pausing 20 s") as refused:
        await caller.run("orders", client.ask)
    assert refused.value.retry_after_s == 20.0
    for each in (caller, stranger):
        with pytest.raises(RateLimited, match="waits 20 s"):
            await each.run("anything", other.ask)
    await clock.advance(20.5)

    async def fail() -> None:
        raise TimeoutError

    # The refusal is over: a failure of another kind is not taken for one.
    with pytest.raises(VenueUnreachable):
        await caller.run("later", fail)
    client.refusal = None
    assert await caller.run("orders", client.ask) == "answer"


@pytest.mark.parametrize(("status", "outcome"), [(500, OutcomeUnknown), (400, ExchangeError)])
async def test_an_unknown_code_of_a_venue_in_trouble_leaves_an_order_in_doubt(
    status: int, outcome: type[ExchangeError]
) -> None:
    clock = VirtualClock()
    caller = BudgetedCaller("v", clock, Budget(clock, 600.0, reserve=0.0), {})

    class Broken(Client):
        async def create(self, _: object) -> None:
            body = '{"label":"NEW_WORD","message":"something broke"}'
            self.on_rest_response(status, "", "", "POST", {}, body)
            raise importlib.import_module("ccxt.base.errors").ExchangeError(f"v {body}")

    async def measure() -> None:
        """The clock is right."""

    client = Broken()
    caller.listen(client)
    wire = Wire(client, caller, clock, code_of=lambda _: "NEW_WORD", meanings={}, measure=measure)
    with pytest.raises(ExchangeError, match="something broke") as failed:
        await wire.write("create", "create", {})
    assert type(failed.value) is outcome


async def test_the_words_of_a_gateways_page_are_no_refusal() -> None:
    clock, tries = VirtualClock(), list[object]()
    quirks = quirks_of("hyperliquid")
    caller = BudgetedCaller("v", clock, Budget(clock, 600.0, reserve=0.0), {})

    class Broken(Client):
        async def create(self, said: object) -> None:
            tries.append(said)
            page = (
                '504 Gateway Time-out <!DOCTYPE html><script nonce="7">var invalid nonce = {"code":"100004"}</script>'
            )
            raise importlib.import_module("ccxt.base.errors").ExchangeNotAvailable(f"v POST https://v/exchange {page}")

    async def measure() -> None:
        """The clock is right."""

    meanings = quirks.facts.meanings
    wire = Wire(Broken(), caller, clock, code_of=quirks.code_of, meanings=meanings, measure=measure)
    with pytest.raises(OutcomeUnknown):
        await wire.write("create", "create", {})
    assert len(tries) == 1, "it may have been taken: never again blindly"


async def test_a_stream_that_is_refused_silences_everybody() -> None:
    clock, told = VirtualClock(), list[float]()

    class Stream:
        orders: tuple[()] = ()
        clients: dict[str, object] = {}  # noqa: RUF012 - the library's attribute

        async def watch_orders(self) -> list[object]:
            raise OSError("429, message='Invalid response status', url='wss://venue'")

        async def close(self) -> None:
            """Nothing is open."""

    stream = OrderStream("v", Stream, clock, lambda _: None, limited=told.append)
    stream.start()
    await clock.advance(2.0)
    assert told[0] == 5.0
    await stream.close()


def test_a_feed_shares_what_its_machine_shares(tmp_path: Path) -> None:
    clock = RealClock()
    known, unknown = CcxtPublicFeed("binance", clock=clock), CcxtPublicFeed("woo", clock=clock)
    for feed in (known, unknown):
        share(feed, tmp_path)
    assert known.vitals().rate_used == 0.0
    assert unknown.vitals().rate_used is None  # the library's own pace
    Silence(clock, tmp_path / "silence-binance").keep(30.0)
    assert known.vitals().silent_s > 0.0
    assert unknown.vitals().silent_s == 0.0
