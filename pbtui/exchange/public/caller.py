"""Remote calls: timed in the log, failures typed, and silence kept after a rate limit."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError, RateLimited, VenueUnreachable
from pbtui.exchange.ccxt_errors import DEFAULT_PAUSE_S, failures, translate
from pbtui.exchange.silence import LONGEST_S, Silence
from pbtui.exchange.timing import CallTimer

T = TypeVar("T")
_log = logging.getLogger("pbtui.exchange")
_TOO_MANY = {418, 429}
_BROKEN = 500  # from here on statuses tell of faults of the venue: what was asked for may have been done
_FORBIDDEN, _TOO_FREQUENT, _BAN_S = 403, "too frequent", 600.0  # how Bybit bans an address: for ten minutes


@dataclass(slots=True)
class _Answer:
    """What the answer of one call said beside its text."""

    retry_after_s: float | None = None
    broken: bool = False  # the venue spoke of a fault of its own (5xx)


_ANSWER: ContextVar[_Answer | None] = ContextVar("answer", default=None)  # of the call that this task is making


class Caller:
    """Makes the calls of one venue; while a pause is owed every call fails at once, without touching the network."""

    def __init__(self, venue: str, clock: Clock, silence: Silence | None = None) -> None:
        """`silence` may be shared with other processes; without it the caller keeps its own."""
        self._venue = venue
        self._clock = clock
        self.silence = silence or Silence(clock)
        self.troubles = 0  # failed calls so far
        self.timer = CallTimer(clock)

    def owed_s(self) -> float:
        """Return the seconds of silence still owed to the venue."""
        return self.silence.owed_s()

    def used(self) -> float | None:
        """Return the share of the request budget in use, None where there is no budget."""
        return None

    def listen(self, client: Any) -> None:
        """Read the Retry-After of refused requests from the client's answers.

        Silence begins with the answer, whoever asked: streams make requests of their own.
        """
        inner: Callable[..., Any] = client.on_rest_response

        def on_rest_response(
            code: int, reason: str, url: str, method: str, headers: Mapping[str, str], *rest: Any
        ) -> Any:
            if code in _TOO_MANY:
                self._refused(_seconds(headers))
            elif code == _FORBIDDEN and rest and _TOO_FREQUENT in str(rest[0]).lower():
                self._refused(_BAN_S)
            answer = _ANSWER.get()
            if answer is not None:
                answer.broken = code >= _BROKEN
            return inner(code, reason, url, method, headers, *rest)

        def is_text_response(_: object) -> bool:
            # Asked only about answers that are no JSON: a maintenance page with status 200 must not look like no data.
            raise ConnectionError("the answer is no JSON")

        client.on_rest_response = on_rest_response
        client.is_text_response = is_text_response

    def _refused(self, seconds: float) -> None:
        self.silence.keep(seconds)
        answer = _ANSWER.get()
        if answer is not None:
            answer.retry_after_s = min(seconds, LONGEST_S)

    async def run(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Await a call; raises ExchangeError (RateLimited, VenueUnreachable, …) for whatever goes wrong."""
        self._raise_owed(name)
        start = self._clock.monotonic()
        answer = _Answer()
        token = _ANSWER.set(answer)
        try:
            result = await call()
        except failures() as error:
            self.troubles += 1
            self.timer.note(name, self._took_ms(start), ok=False)
            typed = self._typed(error, name, answer.retry_after_s)
            if answer.broken and type(typed) is ExchangeError:
                typed = VenueUnreachable(typed.message, hint=typed.hint)
            _log.debug("%s %s %.0f ms failed: %s", self._venue, name, self._took_ms(start), typed.line())
            raise typed from error
        finally:
            _ANSWER.reset(token)
        self.timer.note(name, self._took_ms(start), ok=True)
        _log.debug("%s %s %.0f ms ok", self._venue, name, self._took_ms(start))
        return result

    def _raise_owed(self, name: str) -> None:
        owed = self.owed_s()
        if owed > 0.0:
            raise RateLimited(f"{self._venue}: {name} waits {owed:.0f} s after a rate limit", retry_after_s=owed)

    async def patiently(self, name: str, call: Callable[[], Awaitable[T]], *, attempts: int = 3) -> T:
        """Await a call, again after half a second, doubling, while the venue cannot be reached."""
        wait_s = 0.5
        for _ in range(attempts - 1):
            try:
                return await self.run(name, call)
            except VenueUnreachable:
                await self._clock.sleep(wait_s + self._clock.uniform(0.0, wait_s / 2))
                wait_s *= 2
        return await self.run(name, call)

    def _typed(self, error: Exception, name: str, retry_after_s: float | None) -> ExchangeError:
        """Return the failure of a call as a typed error; `retry_after_s` is what its own answer asked for."""
        typed = translate(error, f"{self._venue} {name}", retry_after_s=retry_after_s)
        if isinstance(typed, RateLimited) and retry_after_s is None:
            self.silence.keep(typed.retry_after_s)
        return typed

    def _took_ms(self, start: float) -> float:
        return (self._clock.monotonic() - start) * 1000


def _seconds(headers: Mapping[str, str]) -> float:
    """Return the Retry-After of an answer in seconds; the default where there is none (or a date)."""
    named = {name.lower(): value for name, value in headers.items()}
    # KuCoin tells in milliseconds when its window begins anew.
    for name, unit in (("retry-after", 1.0), ("gw-ratelimit-reset", 1_000.0)):
        text = named.get(name, "")
        if text.isdigit() and int(text) > 0:
            return float(text) / unit
    return DEFAULT_PAUSE_S
