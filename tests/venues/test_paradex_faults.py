"""What a Paradex account makes of a venue that refuses, loses, lies or is late; through the real client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pbtui.cli.account_check import main
from pbtui.config.accounts import Account
from pbtui.core.clock import DAY_MS
from pbtui.core.errors import AccountRefused, ConfigError, ExchangeError, OrderRejected, OutcomeUnknown, RateLimited
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OpenOrder, OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.paradex import ACCOUNT, MAIN_KEY, PRIVATE_KEY, ParadexDialect
from tests.venues.paradex_wallet import login_hash, order_hash, public_point, signed_by
from tests.venues.simulator import Simulator
from tests.venues.trader import USER, Trader

SPEED = 60.0
BTC, SOL = "BTC/USDC:USDC", "SOL/USDC:USDC"
BATCH, POSITIONS, BALANCE, ORDERS = "POST /v1/orders/batch", "/v1/positions", "/v1/balance", "/v1/orders"
OTHER_KEY = "0x4cafe5f1c0d9e77a24b61b8e3f2a1946d4c05cafe5f1c0d9e77a24b61b8e3f4"
Open = Callable[..., PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(ParadexDialect, speed=SPEED, patient=False)


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(*, key: str = PRIVATE_KEY, wallet: str = ACCOUNT) -> PrivateExchange:
        feed = CcxtPublicFeed("paradex", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"walletAddress": Secret(wallet), "privateKey": Secret(key)}
        owner = Account("tester", "paradex", "USDC", credentials=keys)
        made.append(PrivateExchange(quirks_of("paradex"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def dialect_of(venue: Simulator) -> ParadexDialect:
    assert isinstance(venue.dialect, ParadexDialect)
    return venue.dialect


def order(
    side: Side, pside: Pside, price: float, *, qty: float = 0.01, kind: Any = "limit", nth: int = 0, post: bool = False
) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    name = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    client_id = client_order_id(
        account="t", symbol=BTC, pside=pside, side=side, order_type=name, qty=qty, price=price, nth=nth
    )
    return OrderRequest(BTC, side, pside, qty, price, closing, kind, client_id, name, post)


async def grid(account: PrivateExchange, count: int) -> list[OrderRequest]:
    """Return entries well below the market."""
    price = (await account.fetch_tickers([BTC]))[BTC].bid
    return [order("buy", "long", float(round(price * 0.9) - 10 * i), nth=i) for i in range(count)]


async def ready(account: PrivateExchange) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=False)
    await account.prepare_symbol(BTC, leverage=5)
    return account


def test_who_signed_is_found_as_the_venues_own_client_has_it() -> None:
    # Key, account and signature of the tests that the venue's own client comes with.
    key = "0x543b6cf6c91817a87174aaea4fb370ac1c694e864d7740d728f8344d53e815"
    account = "0x129c135ed63df9353885e292be4426b8ed6122b13c6c0e1bb787288a1f5adfa"
    point = public_point(key)
    assert point[0] == 0x2C144D2F2D4FC61B6F8967F3BA0012A87D90140BCFE5A3E92E8DF83258C960F
    signature = (
        '["1977703130303461992863803129734853218488251484396280000763960303272760326570",'
        '"1751655746465244006452018629921152189693020752513749714656209614151193043281"]'
    )
    chain = "PRIVATE_SN_POTC_SEPOLIA"
    assert signed_by(signature, login_hash(chain, account, 1_706_868_900, 1_706_955_300), point)
    assert not signed_by(signature, login_hash(chain, account, 1_706_868_901, 1_706_955_300), point)
    assert not signed_by(signature, login_hash("PRIVATE_SN_PARACLEAR_MAINNET", account, 1, 2), point)


async def test_orders_are_signed_for_the_chain_the_venue_names(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    (wanted,) = await grid(trader, 1)
    assert (await trader.create_orders([wanted]))[0].error is None
    (sent,) = dialect_of(venue).sent
    point = public_point(PRIVATE_KEY)
    assert signed_by(sent["signature"], order_hash("PRIVATE_SN_PARACLEAR_MAINNET", ACCOUNT, sent), point)
    for spoiled in ({"price": "1"}, {"size": "1"}, {"side": "SELL"}, {"market": "ETH-USD-PERP"}):
        message = order_hash("PRIVATE_SN_PARACLEAR_MAINNET", ACCOUNT, {**sent, **spoiled})
        assert not signed_by(sent["signature"], message, point)
    assert not signed_by(sent["signature"], order_hash("PRIVATE_SN_POTC_SEPOLIA", ACCOUNT, sent), point)


async def test_orders_whose_answer_was_lost_are_found_by_their_ids(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 3)
    venue.lost.append(BATCH)
    results = await trader.create_orders(wanted)
    assert all(isinstance(result.error, OutcomeUnknown) for result in results)
    assert len(dialect_of(venue).sent) == 3, "nothing is sent again blindly"
    resting = await trader.fetch_open_orders()
    assert {o.client_id for o in resting} == {request.client_id for request in wanted}
    assert all((o.pside, o.side, o.reduce_only, o.symbol) == ("long", "buy", False, BTC) for o in resting)
    assert await trader.find_order(BTC, wanted[0].client_id) == "resting"
    assert await trader.find_order(BTC, "0x0004" + "0" * 28) == "absent"
    again = await trader.create_orders(wanted[:2])
    reasons = [result.error.reason for result in again if isinstance(result.error, OrderRejected)]
    assert reasons == ["duplicate_client_id"] * 2
    many = await grid(trader, 12)
    assert all(result.error is None for result in await trader.create_orders(many[3:]))
    resting = await trader.fetch_open_orders()
    assert len({o.id for o in resting}) == 12
    cancelled = await trader.cancel_orders([*resting, resting[0]])
    assert {type(each.error).__name__ for each in cancelled if each.error} in ({"OrderGone"}, set())
    unheard = OpenOrder("77777", "", BTC, "buy", "long", 1.0, 1.0, False, 0)
    (gone,) = await trader.cancel_orders([unheard])
    assert type(gone.error).__name__ == "OrderGone"
    assert await trader.fetch_open_orders() == []
    assert await trader.find_order(BTC, wanted[0].client_id) == "done"


async def test_what_the_risk_check_ends_after_the_answer_is_a_refusal(venue: Simulator, account: Open) -> None:
    """A lack of margin is found after an order was taken: without a second look it would be sent again each turn."""
    trader = await ready(account())
    wanted = await grid(trader, 3)
    dialect_of(venue).reject_next = ["insufficient_margin", "price_band"]
    first, second, third = await trader.create_orders(wanted)
    assert isinstance(first.error, OrderRejected)
    assert (first.error.reason, "wallet exposure" in first.error.line()) == ("insufficient_margin", True)
    assert isinstance(second.error, OrderRejected)
    assert second.error.reason == "price_band"
    assert third.order is not None, "one of a batch is taken where others are refused"
    assert await trader.find_order(BTC, wanted[0].client_id) == "done"
    price = (await trader.fetch_tickers([BTC]))[BTC].ask
    crossing, closing = order("buy", "long", float(round(price * 1.05)), post=True), order("sell", "long", 200_000.0)
    results = await trader.create_orders([crossing, closing])
    reasons = [each.error.reason for each in results if isinstance(each.error, OrderRejected)]
    assert reasons == ["post_only", "reduce_only"]
    # Where the second look gets no answer the orders count as taken, as the venue said.
    for body in ("<html>", "{}", '{"results":[{"id":1}]}'):
        dialect_of(venue).reject_next = ["insufficient_margin"]
        venue.faults.garble(body, times=3, path=ORDERS + "/9")
        (result,) = await trader.create_orders([order("buy", "long", 1_000.0, nth=len(body))])
        assert result.error is None
        venue.faults.heal()


async def test_refusals_of_a_batch_say_what_to_change(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 3)
    dialect_of(venue).refuse_next = ["min_cost", "tick"]
    results = await trader.create_orders(wanted)
    refused = [each.error for each in results if isinstance(each.error, OrderRejected)]
    assert [error.reason for error in refused] == ["min_cost", "tick"]
    assert "entry_initial_qty_pct" in refused[0].line()
    assert len(await trader.fetch_open_orders()) == 1
    # Answers that don't tell what became of an order: it may have been taken.
    for said in ({"orders": []}, {"orders": None, "errors": None}, {"orders": "text"}, {"orders": [], "errors": [{}]}):
        dialect_of(venue).spare_fields = said
        (unknown,) = await trader.create_orders([order("buy", "long", 2_000.0, nth=len(str(said)))])
        assert isinstance(unknown.error, OutcomeUnknown), said
    dialect_of(venue).spare_fields = {}


async def test_a_market_order_trades_at_once(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    (entry,) = await trader.create_orders([order("buy", "long", 1.0, kind="market")])
    assert entry.order is not None
    assert entry.order.qty == 0.0
    (held,) = await trader.fetch_positions()
    assert (held.symbol, held.pside, held.position.size) == (BTC, "long", 0.01)
    (closed,) = await trader.create_orders([order("sell", "long", 1.0, kind="market")])
    assert closed.error is None
    (short,) = await trader.create_orders([order("sell", "short", 1.0, kind="market")])
    assert short.error is None
    (held,) = await trader.fetch_positions()
    assert (held.pside, held.position.size) == ("short", -0.01)
    await trader.create_orders([order("buy", "short", 1.0, kind="market")])
    assert await trader.fetch_positions() == []
    fills = await trader.fetch_fills(0)
    sides = [(fill.pside, fill.side, fill.qty) for fill in fills]
    assert sides == [("long", "buy", 0.01), ("long", "sell", -0.01), ("short", "sell", -0.01), ("short", "buy", 0.01)]
    balance = (await trader.fetch_balance()).raw
    assert balance == pytest.approx(10_000.0 + sum(fill.pnl + fill.fee for fill in fills), abs=1e-5)


async def test_a_read_that_makes_no_sense_is_never_a_flat_account(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    for body in ("<html>maintenance</html>", "", "null", "{}", '{"results":null}', '{"results":[{}]}', "[]"):
        for path, read in ((POSITIONS, trader.fetch_positions), (BALANCE, trader.fetch_balance)):
            venue.faults.garble(body, times=3, path=path)
            with pytest.raises(ExchangeError):
                await read()
            venue.faults.heal()
    venue.faults.garble('{"results":[]}', times=1, path=BALANCE)
    with pytest.raises(ExchangeError):
        await trader.fetch_balance()
    venue.faults.refuse(503, times=1, path=POSITIONS)
    assert await trader.fetch_positions() == []
    assert (await trader.fetch_balance()).raw == 10_000.0


async def test_a_rate_limit_silences_everything_for_as_long_as_it_says(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.faults.refuse(429, times=1, path=BALANCE, Retry_After="3600")
    with pytest.raises(RateLimited) as caught:
        await trader.fetch_balance()
    assert caught.value.retry_after_s == 3_600.0
    asked = len(venue.answers)
    with pytest.raises(RateLimited):
        await trader.fetch_open_orders()
    assert len(venue.answers) == asked


async def test_logins_are_renewed_and_a_clock_that_is_off_is_measured_again(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    trader = await ready(account())
    before = dialect.logins
    dialect.forget_tokens()  # as after a restart of the venue: the token was good for minutes still
    assert (await trader.fetch_balance()).raw == 10_000.0
    dialect.forget_tokens()
    results = await trader.create_orders(await grid(trader, 2))
    assert all(result.error is None for result in results), "what was refused for its token was not taken"
    assert len(await trader.fetch_open_orders()) == 2
    assert dialect.logins > before + 1
    dialect.forget_tokens()
    trader._feed._offset_ms -= 7_200_000.0
    assert (await trader.fetch_balance()).raw == 10_000.0
    assert abs(trader.now_ms() - venue.fast_clock.now_ms()) < 3_600_000


async def test_keys_that_must_not_trade_are_refused_at_the_start(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    with pytest.raises(AccountRefused, match="withdraw"):
        await account(key=MAIN_KEY).start()
    with pytest.raises(AccountRefused) as refused:
        await account(key=OTHER_KEY).start()
    assert "no key of the account" in refused.value.line()
    assert OTHER_KEY[2:] not in refused.value.line()
    with pytest.raises(AccountRefused) as refused:
        await account(wallet="0x" + "7" * 62).start()
    assert "check wallet_address" in refused.value.line()
    for wallet, key, said in (
        ("0x" + "7e" * 20, PRIVATE_KEY, "Ethereum address"),
        ("paradex", PRIVATE_KEY, "hex digits"),
        (ACCOUNT, "0x" + "7e" * 32, "no key of Paradex"),
        (ACCOUNT, "secret words", "no key of Paradex"),
    ):
        with pytest.raises(ConfigError, match=said) as wrong:
            await account(wallet=wallet, key=key).start()
        assert key not in wrong.value.line()
    dialect.isolated_market = "ETH-USD-PERP"
    with pytest.raises(AccountRefused, match="isolated market"):
        await ready(account())
    dialect.isolated_market = ""
    trader = await ready(account())
    assert not any("bind it" not in text for text in trader.warnings)
    with pytest.raises(AccountRefused, match="one position a coin"):
        await trader.prepare_account(hedge_mode=True)
    venue.faults.garble('{"error":"INVALID_TOKEN","message":"invalid bearer jwt"}', times=2, path=BALANCE)
    with pytest.raises(RateLimited):  # a venue that takes no login of its own for a while is no reason to end
        await trader.fetch_balance()
    venue.faults.garble('{"error":"UNAUTHORIZED_ERROR","message":"unauthorized"}', times=1, path="/v1/auth")
    dialect.forget_tokens()
    with pytest.raises(AccountRefused):
        await trader.fetch_balance()
    del dialect.keys[hex(public_point(PRIVATE_KEY)[0])]  # the subkey is revoked
    dialect.forget_tokens()
    with pytest.raises(AccountRefused):
        await trader.fetch_balance()


async def test_margin_is_cross_and_leverage_what_the_coin_allows(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    trader = await ready(account())
    await trader.prepare_symbol(SOL, leverage=100)
    assert dialect.margins["SOL-USD-PERP"] == {"leverage": 50, "margin_type": "CROSS"}
    written = [text for text, _ in venue.answers if text.startswith("POST") and "margin" in text]
    await trader.prepare_symbol(SOL, leverage=100)
    assert [text for text, _ in venue.answers if text.startswith("POST") and "margin" in text] == written
    dialect.margins["SOL-USD-PERP"]["margin_type"] = "ISOLATED"
    await trader.prepare_symbol(SOL, leverage=100)
    assert dialect.margins["SOL-USD-PERP"]["margin_type"] == "CROSS"
    dialect.margins["SOL-USD-PERP"]["margin_type"] = "ISOLATED"
    dialect.keeps_isolated.add("SOL-USD-PERP")
    with pytest.raises(AccountRefused) as refused:
        await trader.prepare_symbol(SOL, leverage=100)
    assert "close its position" in refused.value.line()
    dialect.methodology = "portfolio_margin"
    assert (await trader.modes()).margin == "portfolio"


async def test_only_perpetuals_in_cross_margin_are_traded(venue: Simulator) -> None:
    dialect_of(venue).public.isolated.add("SOL-USD-PERP")
    feed = CcxtPublicFeed("paradex", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
    await feed.start()
    try:
        markets = await feed.markets()
        assert set(markets) == {BTC, "ETH/USDC:USDC", SOL}
        btc = markets[BTC]
        assert (btc.id, btc.coin, btc.quote, btc.ineligible) == ("BTC-USD-PERP", "BTC", "USDC", "")
        assert (btc.min_cost, btc.max_leverage, btc.maker_fee, btc.taker_fee) == (10.0, 50.0, 0.0, 0.00045)
        assert markets[SOL].ineligible == "not active"
        recorded = venue.markets["BTC"]
        now = venue.fast_clock.now_ms() // 60_000
        minutes = await feed.candles(BTC, "1m", (now - 2_500) * 60_000, (now - 1) * 60_000)
        assert len(minutes) == 2_499
        o, h, low, c, v = recorded.row(int(minutes.ts_ms[7]) // 60_000)
        assert [minutes.open[7], minutes.high[7], minutes.low[7], minutes.close[7]] == pytest.approx([o, h, low, c])
        assert minutes.volume[7] == pytest.approx(v, rel=0.01, abs=0.001)  # told in dollars
        today = venue.fast_clock.now_ms() // DAY_MS * DAY_MS
        days = await feed.candles(BTC, "1d", today - 2 * DAY_MS, today)
        assert list(days.ts_ms) == [today - 2 * DAY_MS, today - DAY_MS]
        rows = recorded.rows((today - DAY_MS) // 60_000, 1_440)
        assert [days.high[1], days.low[1]] == pytest.approx([rows[:, 1].max(), rows[:, 2].min()])
        tickers = await feed.tickers([BTC, SOL])
        assert tickers[BTC].bid < tickers[BTC].ask
    finally:
        await feed.close()


def test_a_check_tells_of_the_account_and_changes_nothing(
    venue: Simulator,
    trader: Callable[..., Trader],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot = trader(venue)
    monkeypatch.setattr("pbtui.cli.account_check.RealClock", lambda: venue.fast_clock)
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    words = ["check", USER, "--base-dir", str(bot.base), "--endpoints", str(bot.endpoints)]
    dialect_of(venue).cidrs = ["203.0.113.7/32"]
    assert main(words) == 0
    out = capsys.readouterr()
    assert "trades: yes · withdraws: no" in out.out
    assert "10,000 USDC" in out.out
    assert "bind it" not in out.err
    keys = bot.base / "api-keys.json"
    keys.write_text(json.dumps({USER: {"exchange": "paradex", "wallet_address": ACCOUNT, "private_key": MAIN_KEY}}))
    assert main([*words, "--json"]) == 4
    out = capsys.readouterr()
    told = json.loads(out.out)
    assert (told["withdraw"], told["trade"], told["hedge_mode"], told["quote"]) == (True, True, False, "USDC")
    assert "--allow-withdraw-keys" in out.err
    assert MAIN_KEY[2:] not in out.out + out.err
    assert {text.split("/auth")[0] for text, _ in venue.answers if text.startswith(("POST", "DELETE"))} == {"POST /v1"}
    assert dialect_of(venue).margins == {}


async def test_prices_stream_and_an_order_stream_that_went_deaf_is_replaced(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    woken: list[str] = []
    trader.wake.listeners.append(woken.append)
    stream = trader._stream
    assert stream is not None
    await _until(venue, lambda: stream.state().state == "up")
    await _until(venue, lambda: trader._feed.stream_state().state == "up")
    streamed = trader._feed._streams.quote(BTC, within_s=600.0)
    assert streamed is not None
    assert streamed.bid == pytest.approx(venue.markets["BTC"].price(venue.fast_clock.now_ms()), rel=0.05)
    assert streamed.bid < streamed.ask
    first, second = await grid(trader, 2)
    await trader.create_orders([first])
    await _until(venue, lambda: woken)
    venue.faults.silent = True
    await trader.create_orders([second])
    await _until(venue, lambda: stream.reconnects > 0)
    venue.faults.silent = False
    await _until(venue, lambda: stream.state().state == "up")


async def _until(venue: Simulator, condition: Callable[[], object]) -> None:
    for _ in range(6_000):
        if condition():
            return
        await venue.fast_clock.sleep(1.0)
    pytest.fail("this never came true")
