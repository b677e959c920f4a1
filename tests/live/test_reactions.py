"""What the loop does about each class of failure, and that it never does it in a tight loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from live_support import settings, streamed

from pbtui.core.errors import OrderRejected
from pbtui.exchange.venues import READY, quirks_of
from pbtui.live.reactions import REFUSALS, refusal_line, refusal_of
from tests.support.faulty_exchange import FaultPlan, FaultyExchange


@pytest.mark.parametrize("venue", READY)
def test_a_lack_of_margin_or_size_comes_with_a_sentence(venue: str) -> None:
    meanings = quirks_of(venue).facts.meanings
    reasons = {meaning.reason for meaning in meanings.values() if meaning.kind == "rejected"}
    assert {"insufficient_margin", "min_cost"} & reasons <= set(REFUSALS)
    for meaning in meanings.values():
        if meaning.kind == "rejected" and meaning.reason in ("insufficient_margin", "min_cost"):
            error = OrderRejected("refused", reason=meaning.reason, hint=meaning.hint)
            assert any(word in refusal_line(error) for word in ("lower", "raise"))


def test_a_refusal_says_what_to_change() -> None:
    margin = OrderRejected("no margin", reason="insufficient_margin")
    assert refusal_line(margin) == "no margin; lower the wallet exposure limits, or add margin"
    assert refusal_line(OrderRejected("no margin", reason="insufficient_margin", hint="ask")) == "no margin; ask"
    assert refusal_line(OrderRejected("odd", reason="unheard_of")) == "odd"
    assert refusal_of(OrderRejected("x", reason="tick")).limits
    assert not refusal_of(margin).limits


async def test_limits_that_changed_are_read_again_and_waiting_orders_forgiven(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values={"live.approved_coins": "ETH"}))
    texts: list[str] = []
    run.bot.events.subscribe(lambda row: texts.append(row.text))
    await run.go(60, step=1.0)
    markets = await run.feed.markets()
    coarser = {symbol: replace(market, price_step=market.price_step * 100) for symbol, market in markets.items()}

    async def changed() -> object:
        return coarser

    run.feed.markets = changed  # type: ignore[method-assign, assignment]
    run.venue._markets = dict(coarser)
    symbol = next(iter(run.bot.core.coins.markets))
    for _ in range(40):
        await run.go(30, step=1.0)
        if run.bot.core.coins.markets[symbol].price_step == coarser[symbol].price_step:
            break
    assert "the venue changed its limits" in texts
    assert any("the price is not a multiple" in text and "the venue's limits are read again" in text for text in texts)
    assert not run.bot.core.guards._refused
    await run.stop()


async def test_an_order_without_margin_is_tried_three_times_a_minute_at_most(tmp_path: Path) -> None:
    plan = FaultPlan(seed=1, rates={"reject": 1.0})
    run = await streamed(
        tmp_path, settings(values={"live.approved_coins": "ETH"}), around=lambda venue: FaultyExchange(venue, plan)
    )
    await run.go(300, step=1.0)
    tries = sum(call == "create_orders" for _, call, _ in plan.happened)
    kinds = len(run.bot.core.guards._refused)
    assert 1 <= tries <= 3 * 5 * max(1, kinds)
    await run.stop()
