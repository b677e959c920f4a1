"""Venues: do their public addresses answer, and what time is it there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from pbtui.cli.checks.finding import Asked, Finding, fix, ok, warn
from pbtui.core.clock import RealClock
from pbtui.core.errors import PbtuiError
from pbtui.core.sanitize import sanitize_line

_REACH_S = 5.0
_EARLIEST_MS = 1_735_689_600_000  # 2025: a machine that lives before it lost its clock
_SKEW_MS = 1_000.0
_HOPELESS_MS = 30_000.0


@dataclass(frozen=True, slots=True)
class Reached:
    """How a venue answered: `why` is empty when it did; the offset is our clock minus its, None where it isn't told.

    `todo` says what to do where it was never asked.
    """

    venue: str
    why: str = ""
    took_ms: float | None = None
    ahead_ms: float | None = None
    todo: str = ""


def look(asked: Asked) -> Iterator[Finding]:
    """Yield a line for each venue, and one for the clock; a venue that doesn't answer is only worth knowing."""
    if asked.offline:
        yield ok("venues", "all", "not asked (--offline)")
        yield clock([])
        return
    found = asyncio.run(reach_all(asked))
    for each in found:
        yield _venue(each)
    yield clock([each.ahead_ms for each in found if each.ahead_ms is not None])


async def reach_all(asked: Asked) -> list[Reached]:
    """Ask all venues at once; raises ConfigError for a list of addresses that can't be used."""
    from pbtui.market.venue_access import endpoints_in

    endpoints = endpoints_in(asked.base_dir, asked.endpoints)
    return await asyncio.gather(*(_reach(name, endpoints) for name in venues(asked)))


def venues(asked: Asked) -> tuple[str, ...]:
    """Return the venues to ask: those named, else those of the config's backtest, else all that work."""
    from pbtui.config.coin_names import VENUES
    from pbtui.config.pipeline import load

    if asked.venues or asked.config is None:
        return asked.venues or VENUES
    try:
        named = load(asked.config, base_dir=asked.base_dir).get("backtest.exchanges")
    except PbtuiError:
        return VENUES  # what is wrong with the config is said elsewhere
    return tuple(str(name) for name in named) if isinstance(named, list | tuple) and named else VENUES


async def _reach(name: str, endpoints: object) -> Reached:
    from pbtui.exchange.public import CcxtPublicFeed, Endpoints, why_unreachable

    shown = sanitize_line(name, limit=40)
    try:
        known = endpoints if isinstance(endpoints, Endpoints) else None
        feed = CcxtPublicFeed(name, clock=RealClock(), endpoints=known, timeout_s=_REACH_S)
    except PbtuiError as error:
        return Reached(shown, error.message, todo=error.hint or "correct what is named here")
    try:
        why = await why_unreachable(feed, _REACH_S)
        vitals = feed.vitals()
        return Reached(shown, why, vitals.rest_ms, vitals.clock_skew_ms)
    finally:
        await feed.close()


def _venue(found: Reached) -> Finding:
    if found.todo:
        return warn("venues", found.venue, f"is not asked: {sanitize_line(found.why, limit=300)}", found.todo)
    if found.why:
        todo = "without a venue pbtui trades an invented market; check the network, or --endpoints for a proxy"
        return warn("venues", found.venue, f"cannot be reached: {sanitize_line(found.why, limit=300)}", todo)
    took = "" if found.took_ms is None else f" in {found.took_ms:.0f} ms"
    return ok("venues", found.venue, f"answers{took}")


def clock(ahead_ms: list[float]) -> Finding:
    """Judge this machine's clock by the offsets from the venues that told their time (the middle one counts)."""
    now = RealClock().now_ms()
    todo = "let the system keep it: timedatectl set-ntp true (or chrony)"
    if now < _EARLIEST_MS:
        return fix("clock", "time", "this machine's clock is years behind", todo)
    if not ahead_ms:
        return ok("clock", "time", "not compared: no venue told its time")
    ahead = sorted(ahead_ms)[len(ahead_ms) // 2]
    text = f"{ahead / 1000:+.1f} s from the venues' time"
    if abs(ahead) > _HOPELESS_MS:
        return fix("clock", "time", text, todo)
    if abs(ahead) > _SKEW_MS:
        return warn("clock", "time", text, todo)
    return ok("clock", "time", text)
