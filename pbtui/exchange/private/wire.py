"""Signed requests: budget, pauses, typed failures; reads are repeated, writes never (live.md 30.1, 30.4, 30.8)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pbtui.core.clock import Clock
from pbtui.core.errors import (
    AccountRefused,
    ExchangeError,
    OrderGone,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    UnreadableAnswer,
    VenueUnreachable,
)
from pbtui.core.sanitize import sanitize_line
from pbtui.exchange.ccxt_errors import DEFAULT_PAUSE_S
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.public.caller import Caller, T
from pbtui.exchange.silence import Silence

Params = Mapping[str, Any] | Sequence[Any]
"""What a request says; some venues take a plain list of orders."""
Kind = Literal["gone", "rejected", "refused", "limited", "skew", "unknown", "later", "unchanged"]
_READS = 3
_TEXT_LIMIT = 200
_SAID = re.compile(r'"(?:msg|retMsg|ret_msg|message|detail)"\s*:\s*"([^"]+)"')
_PAGE = re.compile(r"<(!doctype|html|head|body)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error code requires: kind of reaction, reason of a rejection, what the operator can do."""

    kind: Kind
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """A signed request; `answered` as in `Wire.write`."""

    name: str
    method: str
    params: Params
    cost: float
    urgent: bool = False
    answered: Callable[[str], Any] | None = None


class Unchanged(ExchangeError):
    """What was to be set is set already."""


class _ClockSkew(ExchangeError):
    """The venue refused the time a request was signed with."""


class BudgetedCaller(Caller):
    """Makes calls within a budget; public calls cost what the venue's table says."""

    def __init__(
        self, venue: str, clock: Clock, budget: Budget, costs: Mapping[str, float], silence: Silence | None = None
    ) -> None:
        super().__init__(venue, clock, silence)
        self._budget = budget
        self._costs = costs

    def used(self) -> float | None:
        """Return the share of the request budget in use, 0 to 1."""
        return self._budget.used()

    async def run(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Await a public call once the budget allows it; one that would be refused anyway costs nothing."""
        self._raise_owed(name)
        await self._budget.take(self._costs.get(name.split(" ", 1)[0], 1.0))
        return await super().run(name, call)

    async def paid(self, name: str, cost: float, call: Callable[[], Awaitable[T]], *, urgent: bool) -> T:
        """Await a private call of this cost."""
        self._raise_owed(name)
        await self._budget.take(cost, urgent=urgent)
        return await super().run(name, call)

    def _typed(self, error: Exception, name: str, retry_after_s: float | None) -> ExchangeError:
        # Refused with 429 or 418: a limit, whatever the library makes of the text that came with it.
        if retry_after_s is not None:
            text = f"{self._venue} {name}: too many requests (pausing {retry_after_s:.0f} s)"
            error = RateLimited(text, retry_after_s=retry_after_s)
        return super()._typed(error, name, retry_after_s)


def unsure(error: ExchangeError) -> bool:
    """Tell whether an order that failed so may have been taken all the same."""
    return isinstance(error, (VenueUnreachable, UnreadableAnswer))


def for_good(error: ExchangeError) -> ExchangeError:
    """Return the error of an order; an answer that is neither a success nor known here refuses it for good.

    Venues invent rules (agreements to sign, coins for closing only): what one coin may not do must not stop the bot.
    """
    return OrderRejected(error.message, reason="invalid", hint=error.hint) if type(error) is ExchangeError else error


class Wire:
    """The signed client of one account. Every method raises ExchangeError of the class its reaction needs."""

    def __init__(
        self,
        client: Any,
        caller: BudgetedCaller,
        clock: Clock,
        *,
        code_of: Callable[[str], str],
        meanings: Mapping[str, Meaning],
        measure: Callable[[], Awaitable[None]],
        spacing: Mapping[str, float] | None = None,
    ) -> None:
        """`measure` asks the venue for its time again; the client signs with the time it found.

        `spacing` are the least seconds between two calls of a method, where the venue limits it by itself.
        """
        self._client = client
        self._caller = caller
        self._clock = clock
        self._code_of = code_of
        self._meanings = meanings
        self._measure = measure
        self._spacing = spacing or {}
        self._free_at: dict[str, float] = {}

    def now_ms(self) -> int:
        """Return the venue's time, as requests are signed with."""
        return int(self._client.milliseconds())

    def host(self, part: str) -> str:
        """Return where requests of a part of the venue's interface go, as the library names the part."""
        return urlsplit(str(self._client.urls["api"][part])).hostname or ""

    async def read(self, name: str, method: str, params: Mapping[str, Any] | None = None, *, cost: float = 1.0) -> Any:
        """Return the answer to a question; one that got none is asked again, twice at most."""
        wait_s, request = 0.5, _Request(name, method, params or {}, cost)
        for attempt in range(_READS):
            try:
                return await self._timely(request)
            except VenueUnreachable:
                if attempt == _READS - 1:
                    raise
                await self._clock.sleep(wait_s + self._clock.uniform(0.0, wait_s / 2))
                wait_s *= 2
        raise AssertionError("unreachable")

    async def write(
        self,
        name: str,
        method: str,
        params: Params,
        *,
        cost: float = 1.0,
        urgent: bool = False,
        answered: Callable[[str], Any] | None = None,
    ) -> Any:
        """Return the answer to an order; raises OutcomeUnknown where nobody can say whether it was taken.

        `answered` reads from a failure's text what is an answer all the same: a batch whose orders were all refused.
        """
        try:
            return await self._timely(_Request(name, method, params, cost, urgent, answered))
        except ExchangeError as error:
            if not unsure(error):
                raise
            raise OutcomeUnknown(f"{error.message}: it may have been taken", hint=error.hint) from error

    def typed(self, code: str, message: str, what: str) -> ExchangeError | None:
        """Return the error that a venue's code stands for, None for a code that says nothing to us."""
        meaning = self._meanings.get(code)
        if meaning is None:
            return None
        text = f"{what}: {message}"
        match meaning.kind:
            case "gone":
                return OrderGone(text)
            case "rejected":
                return OrderRejected(text, reason=meaning.reason, hint=meaning.hint)
            case "refused":
                return AccountRefused(text, hint=meaning.hint)
            case "limited":
                return RateLimited(text, retry_after_s=DEFAULT_PAUSE_S)
            case "skew":
                return _ClockSkew(text)
            case "unchanged":
                return Unchanged(text)
            case "unknown":
                return VenueUnreachable(text)
            case "later":
                return RateLimited(text, retry_after_s=1.0)

    def outcome(self, code: str, message: str, what: str) -> ExchangeError:
        """Return the error of one order in a batch that was answered: a code we don't know refuses it for good."""
        typed = self.typed(code, message, what)
        if typed is None:
            return OrderRejected(f"{what}: {message} ({code})", reason="invalid")
        return OutcomeUnknown(f"{typed.message}: it may have been taken") if unsure(typed) else typed

    async def _timely(self, request: _Request) -> Any:
        """Ask; a request refused for its time was not taken: measure the clock and ask once more."""
        try:
            return await self._once(request)
        except _ClockSkew:
            await self._measure()
            return await self._once(request)

    async def _spaced(self, method: str) -> None:
        """Wait until a method may be called again."""
        gap = self._spacing.get(method, 0.0)
        if gap > 0.0:
            now = self._clock.monotonic()
            at = max(now, self._free_at.get(method, now))
            self._free_at[method] = at + gap
            if at > now:
                await self._clock.sleep(at - now)

    async def _once(self, request: _Request) -> Any:
        call, said = getattr(self._client, request.method), request.params
        await self._spaced(request.method)
        params = dict(said) if isinstance(said, Mapping) else list(said)
        try:
            return await self._caller.paid(request.name, request.cost, lambda: call(params), urgent=request.urgent)
        except ExchangeError as error:
            if error.__cause__ is None or (isinstance(error, RateLimited) and self._caller.owed_s() > 0):
                raise
            raw = str(error.__cause__)
            if _PAGE.search(raw):
                raise  # the page of a gateway: whatever words it holds, the venue did not say them
            answer = request.answered(raw) if request.answered is not None else None
            if answer is not None:
                return answer
            code, found = self._code_of(raw), _SAID.search(raw)
            text = sanitize_line(found.group(1), limit=_TEXT_LIMIT) if found else error.message.split(": ", 1)[-1]
            typed = self.typed(code, f"{text} ({code})", request.name) if code else None
            if typed is None:
                raise
            raise typed from error
