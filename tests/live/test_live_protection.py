"""What must be possible whatever else is broken: closing, panicking, and keeping the limits meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from live_support import Run, settings, stepped
from test_live_operator import holding, orders_of, set_mode

from pbtui.core.errors import ExchangeError, RateLimited
from pbtui.core.types import Market, Mode, OpenOrder, Ticker
from pbtui.exchange.port import CancelResult, CreateResult, Exchange
from pbtui.live.account import reduces


class Around:
    """The port around another; subclasses break one thing of it."""

    def __init__(self, inner: Exchange) -> None:
        self.inner = inner
        self.created: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def create_orders(self, requests: Sequence[Any]) -> list[CreateResult]:
        self.created += [request.order_type for request in requests]
        return await self.inner.create_orders(requests)


class NoLeverage(Around):
    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        raise ExchangeError(f"{symbol}: leverage {leverage} refused, there is a position")


class NoCancel(Around):
    error: ExchangeError = ExchangeError("the venue cannot cancel now")
    broken = False

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        return [CancelResult(o, self.error) for o in orders] if self.broken else await self.inner.cancel_orders(orders)


class OldPrices(Around):
    broken = False

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        found = await self.inner.fetch_tickers(symbols)
        return {symbol: replace(t, ts_ms=t.ts_ms - 600_000) for symbol, t in found.items()} if self.broken else found


async def panic(run: Run, key: Any) -> None:
    await set_mode(run, key, Mode.PANIC, confirm=run.bot.core.coins.coin_of(key[0]))


async def test_a_refused_leverage_keeps_entries_back_but_never_closes(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await holding(run)
    await run.venue.close()
    again = await stepped(tmp_path, settings(), around=NoLeverage)
    around = again.bot.core.exchange
    await again.minutes(240)
    assert any(name.startswith("close_") for name in around.created)
    assert not any(name.startswith("entry_") for name in around.created)
    await again.venue.close()


async def test_a_panic_goes_on_although_cancels_fail(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), around=NoCancel)
    key = await holding(run)
    run.bot.core.exchange.broken = True
    await panic(run, key)
    await run.minutes(3)
    assert key not in run.venue.books.positions
    await run.venue.close()


async def test_after_a_429_nothing_more_is_sent_in_that_turn(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), around=NoCancel)
    key = await holding(run)
    around = run.bot.core.exchange
    around.error, around.broken = RateLimited("slow down", retry_after_s=30.0), True
    await panic(run, key)
    around.created.clear()
    turn = await run.bot.core.turn()
    assert around.created == []
    assert any(isinstance(error, RateLimited) for error in turn.errors)
    around.broken = False
    await run.minutes(2)
    assert key not in run.venue.books.positions
    await run.venue.close()


async def test_an_account_of_dust_can_still_panic(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    await panic(run, key)
    run.venue.books.balance = 0.4
    await run.minutes(3)
    assert key not in run.venue.books.positions
    await run.venue.close()


async def test_panics_need_no_young_price(tmp_path: Path) -> None:
    """On a streamed market a quiet coin's last price may be old; its other orders stay as they are."""
    run = await stepped(tmp_path, settings(), around=OldPrices)
    key = await holding(run)
    decider = run.bot.core.decider
    decider._exchange = _Moving(decider._exchange)
    run.bot.core.exchange.broken = True
    await run.bot.core.turn()
    assert key[0] in run.bot.core.last.decision.unpriced
    before = {o.id for o in run.bot.core.observer.account.orders if (o.symbol, o.pside) != key}
    await panic(run, key)
    await run.bot.core.turn()
    assert any(name.startswith("close_panic") for name in run.bot.core.exchange.created)
    assert {o.id for o in run.bot.core.observer.account.orders if (o.symbol, o.pside) != key} == before
    await run.venue.close()


class _Moving(Around):
    """A stepped market that says it is none: prices age there."""

    @property
    def capabilities(self) -> Any:
        return replace(self.inner.capabilities, stepped=False)


async def test_new_entries_wait_for_the_old_ones_to_be_cancelled(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    resting = [order for order in orders_of(run, key) if not reduces(order)]
    await run.venue.close()
    # Another spacing wants all entries elsewhere; only one cancel fits into a cycle.
    values = {"bot.long.entry_grid_spacing_pct": 0.05, "live.max_n_cancellations_per_batch": 1}
    again = await stepped(tmp_path, settings(values=values))
    sends: list[tuple[int, int]] = []
    executor = again.bot.core.executor
    send = executor.send

    async def watched(diff: Any, batch: Any, **kwargs: Any) -> Any:
        sent = await send(diff, batch, **kwargs)
        left = sum(not reduces(order) and order.pside == "long" for order in diff.cancels) - sent.cancelled
        entries = [o for o in again.venue.books.orders.values() if o.order.id not in known and o.order.pside == "long"]
        sends.append((left, sum(not reduces(o.order) for o in entries)))
        return sent

    known = set(again.venue.books.orders)
    executor.send = watched  # type: ignore[method-assign]
    await again.bot.core.turn()
    assert len(resting) > 1
    assert sends[0][0] > 0
    assert all(made == 0 for left, made in sends if left > 0)
    assert sends[-1][0] == 0
    assert sends[-1][1] > 0
    await again.venue.close()


async def test_what_the_engine_refuses_is_a_rejected_plan_and_panics_go_on(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    key = await holding(run)
    markets = run.bot.core.coins.markets
    other = next(symbol for symbol in run.bot.core.last.decision.modes.symbols if symbol != key[0])
    sound = markets[other]
    markets[other] = _broken(sound)
    before = set(run.venue.books.orders)
    turn = await run.bot.core.turn()
    assert any("engine refused" in text for text in turn.decision.problems)
    assert set(run.venue.books.orders) == before
    assert turn.blocked
    await panic(run, key)
    await run.minutes(2)
    assert key not in run.venue.books.positions
    markets[other] = sound
    await run.minutes(1)
    assert run.bot.core.last.decision.problems == []
    await run.venue.close()


def _broken(market: Market) -> Market:
    return replace(market, qty_step=float("nan"))
