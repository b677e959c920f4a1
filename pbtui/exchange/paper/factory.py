"""Opening a paper account over a market."""

from __future__ import annotations

from pathlib import Path
from typing import cast, overload

from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError
from pbtui.exchange.paper.feed import MinuteFeed, StreamFeed
from pbtui.exchange.paper.ledger import Ledger, LedgerHead
from pbtui.exchange.paper.stepped import SteppedPaper
from pbtui.exchange.paper.stream import StreamPaper

PaperExchange = StreamPaper | SteppedPaper


@overload
def open_paper(
    feed: MinuteFeed,
    ledger_path: Path,
    *,
    start_balance: float = ...,
    hedge_mode: bool = ...,
    clock: Clock,
    market: str = ...,
) -> SteppedPaper: ...


@overload
def open_paper(
    feed: StreamFeed,
    ledger_path: Path,
    *,
    start_balance: float = ...,
    hedge_mode: bool = ...,
    clock: Clock,
    partial_fills: bool = ...,
) -> StreamPaper: ...


def open_paper(
    feed: MinuteFeed | StreamFeed,
    ledger_path: Path,
    *,
    start_balance: float = 1_000.0,
    hedge_mode: bool = True,
    clock: Clock,
    partial_fills: bool = False,
    market: str = "",
) -> PaperExchange:
    """Open (or create) the ledger and put the paper venue for this kind of market over it; `start` connects it.

    `start_balance` and `hedge_mode` only count for a new ledger. `market` names a stepped market (its seed), so that
    a ledger is never continued on another one. Raises ConfigError for a balance that is not positive, StateError for
    a ledger that cannot be used.
    """
    if not 0.0 < start_balance < float("inf"):
        raise ConfigError(f"a paper balance of {start_balance} makes no sense", hint="give a positive number")
    head = LedgerHead(feed.name, feed.quote, start_balance, clock.now_ms(), market)
    live = feed.label == "live"
    # A stepped market repeats what a power cut takes, a live one cannot (see ledger.py).
    ledger = Ledger.open(ledger_path, head, durable=live, hedge_mode=hedge_mode)
    try:
        if live:
            return StreamPaper(cast("StreamFeed", feed), ledger, partial_fills=partial_fills)
        return SteppedPaper(cast("MinuteFeed", feed), ledger)
    except BaseException:
        ledger.abandon()
        raise
