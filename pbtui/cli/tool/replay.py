"""`pbtui tool replay-backtest`: a backtest step by step, on a screen, as lines, or as JSON objects."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from pbtui.backtest.replay import Replay, check_all
from pbtui.backtest.replay_open import OpenReplay, check_moment, named_coin, open_replay
from pbtui.backtest.replay_told import Step
from pbtui.backtest.sourcing import Sourcing
from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.console.numbers import utc
from pbtui.console.replay.telling import STAMP, account_words, fill_words, held_words, reason_of
from pbtui.console.why.telling import tellings
from pbtui.console.why.words import Decimals, sentence
from pbtui.core.amounts import plain
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.snapshot import ReasonRow
from pbtui.core.types import PSIDES
from pbtui.jobs.events import Event, Note

STEPS = 20
_MARKS = {"makes": "+", "keeps": "-", "tells": " "}
_ISO = "%Y-%m-%dT%H:%M:%SZ"


def run(options: argparse.Namespace) -> int:
    """Exit 0 when shown, 1 when the replay and the run differ, 2 for what is no backtest or was not in it."""
    if options.by == "change" and not options.coin:
        raise ConfigError("--by change needs --coin", hint="orders change almost every minute; or use --by fill")
    lines = options.plain or options.json or options.check or _asked_for_lines(options) or not sys.stdout.isatty()
    if not lines:
        from pbtui.cli.tool.replay_screen import show_replay

        return show_replay(options)
    opened = open_replay(options.place, _sourcing(options), _narrate if options.place.is_file() else _hear_nothing)
    replay = opened.replay
    coin = named_coin(replay, options.coin)
    for moment in (options.at, options.to):
        if moment is not None:
            check_moment(replay, moment)
    at = replay.first_bar if options.at is None else replay.bar_at(options.at)
    if options.json:
        show_json(_head(opened))
    say(f"{opened.title}: {opened.verdict}")
    if options.check:
        return _check(opened, as_json=options.json)
    sound = opened.same is not False
    for bar in _bars(replay, at, coin, options):
        step = replay.step(bar)
        sound = sound and not step.problem
        if options.json:
            show_json(_object(replay, step, coin, whole=options.whole_ladders))
        else:
            _show(replay, step, coin, whole=options.whole_ladders)
    return int(ExitCode.OK if sound else ExitCode.FAILED)


def _sourcing(options: argparse.Namespace) -> Sourcing:
    """Return where candles come from: what is held, nothing is fetched."""
    return Sourcing(base_dir=options.base_dir, clock=RealClock(), say=say, offline=True)


def _asked_for_lines(options: argparse.Namespace) -> bool:
    return options.to is not None or options.steps is not None or options.by is not None


def _narrate(event: Event) -> None:
    if isinstance(event, Note) and event.level != "info":
        say(f"{event.level}: {event.text}")


def _hear_nothing(event: Event) -> None:
    """What a run has told at its time is not told again."""


def _check(opened: OpenReplay, *, as_json: bool) -> int:
    """Hold every minute of the run against its replay."""
    bars, found = check_all(opened.replay)
    if as_json:
        show_json({"type": "check", "bars": bars, "fills": len(opened.replay.ledger), "difference": found})
    elif found:
        show(f"differs at {utc(opened.replay.time_ms(bars + 1), STAMP)}: {found}")
    else:
        show(f"{bars:,} bars decide as the run did: {len(opened.replay.ledger):,} fills, no other order would fill")
    return int(ExitCode.FAILED if found or opened.same is False else ExitCode.OK)


def _bars(replay: Replay, at: int, coin: str, options: argparse.Namespace) -> Iterator[int]:
    """Yield the bars asked for: the first one, then the next fills, changes or minutes."""
    by = options.by or ("change" if coin else "fill")
    following: dict[str, Callable[[int], int | None]] = {
        "fill": lambda bar: replay.next_fill(bar, coin),
        "change": lambda bar: replay.next_change(bar, coin),
        "minute": lambda bar: bar + 1 if bar < replay.last_bar else None,
    }
    last = replay.last_bar if options.to is None else replay.bar_at(options.to)
    left = options.steps or (STEPS if options.to is None else replay.last_bar)
    bar: int | None = at
    if by == "fill" and not len(replay.ledger.rows(at)):
        bar = following[by](at)
    while bar is not None and bar <= last and left > 0:
        yield bar
        left -= 1
        bar = following[by](bar)


def _coins(step: Step, coin: str) -> list[str]:
    """Return the coins to tell of: the one asked for, else those that filled, are held or have an order."""
    if coin:
        return [coin]
    busy = {one.coin for one in step.fills} or {one.coin for one in (*step.held, *step.orders)}
    return sorted(busy)


def _why(replay: Replay, step: Step, coin: str, *, whole: bool) -> tuple[Step, tuple[ReasonRow, ...]]:
    told = replay.step(step.bar, whole=True) if whole else step
    return told, replay.why(step.bar, coin, whole=whole)


def _show(replay: Replay, step: Step, coin: str, *, whole: bool) -> None:
    show(f"{utc(step.time_ms, STAMP)}  {account_words(step.balance, step.equity)}")
    for name in _coins(step, coin):
        candle = step.candle(name)
        if candle is not None:
            show(f"  {name} {plain(candle.close)}, low {plain(candle.low)}, high {plain(candle.high)}")
        for fill in (one for one in step.fills if one.coin == name):
            show(f"    filled: {fill_words(fill)}")
        told, reasons = _why(replay, step, name, whole=whole)
        for pside in PSIDES:
            held = next((row for row in step.held if (row.coin, row.pside) == (name, pside)), None)
            said = tellings(reasons, pside, Decimals(*replay.decimals(name)))
            if held is None and all(line.code == "side_off" for line in said):
                continue
            show(f"    {pside}: {held_words(held) if held is not None else 'flat'}")
            for line in said:
                show(f"      {_MARKS[line.tone]} {line.text}")
        for order in (one for one in told.orders if one.coin == name and _fills_next(step, one)):
            show(f"    fills next: {order.kind} {order.qty:+,.8g} @ {plain(order.price)}")
    if step.problem:
        show(f"  DIFFERS: {step.problem}")


def _fills_next(step: Step, order: Any) -> bool:
    wanted = (order.coin, order.kind, order.price)
    return any((fill.coin, fill.kind, fill.price) == wanted for fill in step.coming)


def _head(opened: OpenReplay) -> dict[str, Any]:
    replay = opened.replay
    first, last = (utc(replay.time_ms(bar), _ISO) for bar in (replay.first_bar, replay.last_bar))
    return {
        "type": "replay",
        "title": opened.title,
        "coins": list(replay.coins),
        "from": first,
        "to": last,
        "bars": replay.last_bar,
        "fills": len(replay.ledger),
        "same": opened.same,
        "verdict": opened.verdict,
    }


def _object(replay: Replay, step: Step, coin: str, *, whole: bool) -> dict[str, Any]:
    """Return a step as plain values; `*_ms` are epoch ms, quantities signed."""
    coins = [_coin_object(replay, step, name, whole=whole) for name in _coins(step, coin)]
    return {
        "type": "step",
        "time": utc(step.time_ms, _ISO),
        "time_ms": step.time_ms,
        "bar": step.bar,
        "balance": step.balance,
        "equity": step.equity,
        "coins": coins,
        "problem": step.problem,
    }


def _coin_object(replay: Replay, step: Step, name: str, *, whole: bool) -> dict[str, Any]:
    told, reasons = _why(replay, step, name, whole=whole)
    decimals, candle = Decimals(*replay.decimals(name)), step.candle(name)
    return {
        "coin": name,
        **{part: _finite(getattr(candle, part, None)) for part in ("high", "low", "close")},
        "fills": [_plain(fill) for fill in step.fills if fill.coin == name],
        "held": [_plain(row) for row in step.held if row.coin == name],
        "orders": [
            {
                **_plain(order),
                "fills_next": _fills_next(step, order),
                "why": _reason(reason_of(order, reasons), decimals),
            }
            for order in told.of(name)
        ],
        "kept_away": [
            {"pside": row.pside, "part": row.part, **_reason(row, decimals)} for row in reasons if row.effect != "makes"
        ],
    }


def _reason(row: ReasonRow | None, decimals: Decimals) -> dict[str, Any]:
    if row is None:
        return {}
    return {"code": row.code, "text": sentence(row, decimals), "numbers": row.numbers}


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _plain(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).__slots__}
