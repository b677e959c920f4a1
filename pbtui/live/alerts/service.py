"""Alerts of one session: watching its snapshots, sending what is due, beating while the loop is well."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import orjson

from pbtui.core.clock import Clock, within
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.live.alerts.send import Sender
from pbtui.live.alerts.settings import AlertSettings
from pbtui.live.alerts.watch import AlertWatch
from pbtui.live.supervisor import Supervisor

_LOOK_S = 5.0
_SAID_AGAIN_S = 600.0
_LAST_WORDS_S = 10.0


async def open_alerts(settings: AlertSettings, supervisor: Supervisor, clock: Clock) -> Alerts:
    """Return the alerts of a session, at work; raises ConfigError when an address cannot be used."""
    found = Alerts(settings, supervisor, clock)
    # Loading the messengers takes a while: nothing else waits for it.
    found.begin(await asyncio.to_thread(Sender, settings.urls, found.failed))
    return found


class Alerts:
    """Runs beside a session from `begin` to `close`."""

    def __init__(self, settings: AlertSettings, supervisor: Supervisor, clock: Clock) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._clock = clock
        self._watch = AlertWatch(settings, clock.monotonic())
        self._said: dict[str, float] = {}
        self._loop = asyncio.get_running_loop()
        self._beaten = self._pinged = float("-inf")
        self._name = ""
        self._sender: Sender
        self._task: asyncio.Task[None]

    def begin(self, sender: Sender) -> None:
        """Watch, and send through `sender`."""
        self._sender = sender
        self._task = asyncio.create_task(self._run())

    def failed(self, text: str) -> None:
        """Say what could not be delivered; called from any thread, at any time."""
        with suppress(RuntimeError):  # the session is over: nobody is left to tell
            self._loop.call_soon_threadsafe(self._note, text)

    async def close(self) -> None:
        """Tell the last things, giving messengers some seconds."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        last = self._supervisor.latest
        if last is not None:
            reason = f": {last.health.reason}" if last.health.reason else ""
            self._watch.ended(f"the session is over, {last.health.state}{reason}")
        self._tell(all_of_it=True)
        await asyncio.to_thread(self._sender.close, _LAST_WORDS_S)

    async def _run(self) -> None:
        seq = -1
        while True:
            found: Snapshot | None = None
            try:
                found = await within(self._clock, _LOOK_S, self._supervisor.next_snapshot(seq))
                if found is None:
                    return
            except TimeoutError:
                found = None
            now = self._clock.monotonic()
            if found is not None:
                seq = found.seq
                self._name = f"{found.account.user}@{found.account.exchange}"
                self._watch.take(found, now)
            self._watch.look(now)
            self._tell()
            self._beat(now)

    def _tell(self, *, all_of_it: bool = False) -> None:
        for alert in self._watch.due(self._clock.monotonic(), all_of_it=all_of_it):
            self._sender.message(sanitize_line(f"pbtui {self._name}: {alert.kind}"), alert.text)

    def _beat(self, now: float) -> None:
        settings = self._settings
        if not self._watch.healthy(now):
            return
        if settings.heartbeat_file is not None and now - self._beaten >= settings.heartbeat_every_s:
            self._beaten = now
            self._sender.heartbeat(settings.heartbeat_file, self._facts())
        if settings.ping_url and now - self._pinged >= settings.ping_every_s:
            self._pinged = now
            self._sender.ping(settings.ping_url)

    def _facts(self) -> bytes:
        found = self._watch.latest
        facts: dict[str, object] = {"ts_ms": self._clock.now_ms(), "bot": self._name}
        if found is not None:
            facts |= {"state": found.health.state, "turns": found.health.tick, "errors_1h": found.health.errors_1h}
        return orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE)

    def _note(self, text: str) -> None:
        now = self._clock.monotonic()
        if now - self._said.get(text, float("-inf")) >= _SAID_AGAIN_S:
            self._said[text] = now
            self._supervisor.journal.say("alerts", text, level=0)
