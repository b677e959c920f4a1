"""The line mode: a running bot as lines to read and words to type, for screen readers and scripts."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from pbtui.cli import figures
from pbtui.cli.acting import do
from pbtui.cli.asking import Answer, look
from pbtui.cli.output import LineWriter, log_line
from pbtui.cli.stdin import TOO_LONG, StdinLines
from pbtui.core.clock import Clock
from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.link.base import Link, Seating
from pbtui.link.verbs import Command, parse

_TICK_S = 1.0
_ENDINGS = {ExitCode.OK: "ok", ExitCode.REFUSED: "refused", ExitCode.USAGE: "error"}


@dataclass(frozen=True, slots=True)
class LineOptions:
    """How a session speaks: as JSON or sentences, which events, how often the status; `follow`: outlives its input."""

    as_json: bool = False
    level: int = 1
    every_s: float = 60.0
    follow: bool = False


class LineSession:
    """Commands in, answers and events out; ends with the input, with `quit`, or with the bot."""

    def __init__(self, link: Link, lines: StdinLines, out: LineWriter, clock: Clock, options: LineOptions) -> None:
        self._link = link
        self._lines = lines
        self._out = out
        self._clock = clock
        self._options = options
        self._first_failure = ExitCode.OK
        self._events_seen: int | None = None
        self._told: tuple[object, ...] = ()
        self._told_at = float("-inf")
        self._seating = link.seating

    async def run(self) -> int:
        """Speak until the end; returns the code of the first command that failed, else what ended the session."""
        leaving: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()

        def leave(code: int) -> None:
            if not leaving.done():
                leaving.set_result(code)

        loop.add_signal_handler(signal.SIGINT, leave, int(ExitCode.INTERRUPTED))
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, leave, 0)
        watching = asyncio.ensure_future(self._watch())
        tasks: list[asyncio.Future[int]] = [
            leaving,
            watching,
            self._task(self._obey(watching)),
            self._task(self._tick()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        code = next((task for task in tasks if task in done), leaving).result()
        return int(self._first_failure) or code

    def _task(self, work: Coroutine[Any, Any, int]) -> asyncio.Future[int]:
        return asyncio.ensure_future(work)

    # -- what the bot says ---------------------------------------------------------------------------------------

    async def _watch(self) -> int:
        """Tell events and changes of state as they come; ends with the bot."""
        async for found in self._link.snapshots():
            self._tell_events(found)
            self._tell_status(found)
        last = self._link.latest
        orderly = last is not None and last.health.state in ("stopped", "finished")
        text = (
            f"the bot has {last.health.state}: {last.health.reason}"
            if last is not None and orderly
            else "the bot is gone"
        )
        self._put({"type": "end", "ok": orderly, "text": text}, f"end: {sanitize_line(text)}")
        return int(ExitCode.OK if orderly else ExitCode.FAILED)

    async def _tick(self) -> int:
        """Once a second: who has the controls, and the status when it is due."""
        while True:
            await self._clock.sleep(_TICK_S)
            if self._link.seating != self._seating:
                self._seating = self._link.seating
                self._put({"type": "controls", **_seat(self._seating)}, seating_text(self._seating))
            if self._link.latest is not None:
                self._tell_status(self._link.latest)

    def _tell_events(self, found: Snapshot) -> None:
        newest = found.events[-1].seq if found.events else 0
        seen = self._events_seen
        # What happened before is asked for with `events`; a bot that began anew counts from one again.
        if seen is not None:
            for row in found.events:
                if row.seq > (seen if newest >= seen else 0) and row.level <= self._options.level:
                    figure = {
                        "type": "event",
                        "level": row.level,
                        "error": row.is_error,
                        "tag": row.tag,
                        "coin": row.coin,
                    }
                    self._put({**figure, "time": figures.iso(row.ts_ms), "text": row.text}, log_line(row))
        self._events_seen = newest

    def _tell_status(self, found: Snapshot) -> None:
        """Tell the status when something of weight changed, and at intervals; at most once a second."""
        health, now = found.health, self._clock.monotonic()
        held = tuple(sorted((row.symbol, row.pside) for row in found.positions if row.size))
        weighty = (
            health.state,
            health.reason,
            health.creations_paused,
            health.entries_paused,
            found.account.badge,
            held,
        )
        since = now - self._told_at
        if since < _TICK_S or (weighty == self._told and since < self._options.every_s):
            return
        self._told, self._told_at = weighty, now
        self._put(figures.status(found), f"status: {sanitize_line(figures.status_text(found), limit=1_000)}")

    # -- what is typed -------------------------------------------------------------------------------------------

    async def _obey(self, watching: asyncio.Future[int]) -> int:
        """Carry out one line after the other."""
        while (text := await self._lines.next()) is not None:
            if not text.strip() or text.lstrip().startswith("#"):
                continue
            verb, answer = await self._carry_out(text)
            if verb == "quit":
                return 0
            self._say(verb, answer)
            if verb == "stop" and answer.code is ExitCode.OK:
                await asyncio.wait({watching})
        if self._options.follow:
            await asyncio.wait({watching})
        return 0

    async def _carry_out(self, text: str) -> tuple[str, Answer]:
        if text == TOO_LONG:
            return "", Answer((f"{text} is no command",), ExitCode.USAGE)
        try:
            command = parse(text)
        except PbtuiError as error:
            return "", Answer((error.line(),), error.exit_code)
        try:
            return command.verb.name, await self._answer(command)
        except PbtuiError as error:
            return command.verb.name, Answer((error.line(),), error.exit_code)

    async def _answer(self, command: Command) -> Answer:
        if command.verb.name == "quit":
            return Answer(())
        if command.verb.name == "controls":
            return await self._controls(command)
        found = self._link.latest
        if found is None:
            return Answer(("nothing is known of the bot yet",), ExitCode.FAILED)
        if not command.verb.acts:
            return await look(command, found, self._link)
        if self._link.role != "controller":
            return Answer((f"this session only watches: {seating_text(self._link.seating)}",), ExitCode.REFUSED)
        return await do(command, found, self._link, "line mode")

    async def _controls(self, command: Command) -> Answer:
        if command.wish is None:
            return Answer((seating_text(self._link.seating),), data=_seat(self._link.seating))
        result = await self._link.controls(command.wish)
        return Answer((sanitize_line(result.text),), ExitCode.OK if result.ok else ExitCode.REFUSED)

    def _say(self, verb: str, answer: Answer) -> None:
        """Write an answer: its lines, the last word says how it went."""
        if answer.code is not ExitCode.OK and self._first_failure is ExitCode.OK:
            self._first_failure = answer.code
        if self._options.as_json:
            self._put(answer.as_json(verb), "")
            return
        word = _ENDINGS.get(answer.code, "failed")
        lines = answer.lines
        if answer.code is ExitCode.OK and (len(lines) != 1 or not verb):
            for line in lines:
                self._out.put(line)
            self._out.put(word)
            return
        for line in lines[1:]:
            self._out.put(line)
        self._out.put(f"{word}: {lines[0]}" if lines else word)

    def _put(self, figure: dict[str, Any], text: str) -> None:
        self._out.put(json.dumps(figures.finite(figure)) if self._options.as_json else text)


def seating_text(seating: Seating) -> str:
    """Return who has the controls, in one sentence."""
    asks = f", {seating.asker} asks for them" if seating.asker else ""
    if seating.role == "controller":
        return f"controls: this session has them{asks}, {seating.watchers} others watch"
    return f"controls: {seating.holder or 'nobody'} has them{asks}"


def _seat(seating: Seating) -> dict[str, Any]:
    return {
        "role": seating.role,
        "holder": seating.holder,
        "asker": seating.asker,
        "watchers": seating.watchers,
        "text": seating_text(seating),
    }
