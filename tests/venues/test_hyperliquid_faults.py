"""What a Hyperliquid account makes of a venue that refuses, loses, lies or is late; through the real client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import ccxt
import pytest

from pbtui.cli.account_check import main
from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, ConfigError, ExchangeError, OrderRejected, OutcomeUnknown, RateLimited
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderRequest, Pside, Side
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from pbtui.exchange.venues.hyperliquid_client import ACTION, equip
from tests.venues.hyperliquid import PRIVATE_KEY, WALLET, HyperliquidDialect
from tests.venues.hyperliquid_wallet import address_of, signer_of
from tests.venues.simulator import Simulator
from tests.venues.trader import USER, Trader

SPEED = 60.0
BTC, SOL = "BTC/USDC:USDC", "SOL/USDC:USDC"
ORDERS, STATE, PRICES = "/exchange#order", "/info#clearinghouseState", "/info#allMids"
OTHER_KEY = "0x" + "7e" * 32
Open = Callable[..., PrivateExchange]


@pytest.fixture
def venue(simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(HyperliquidDialect, speed=SPEED, patient=False)


@pytest.fixture
async def account(venue: Simulator) -> AsyncIterator[Open]:
    """Makes accounts on the venue and closes them."""
    made: list[PrivateExchange] = []

    def make(*, key: str = PRIVATE_KEY, wallet: str = WALLET, is_vault: bool = False) -> PrivateExchange:
        feed = CcxtPublicFeed("hyperliquid", clock=venue.fast_clock, endpoints=EndpointOverrides.all_to(venue.base_url))
        keys = {"walletAddress": Secret(wallet), "privateKey": Secret(key)}
        owner = Account("tester", "hyperliquid", "USDC", is_vault, credentials=keys)
        made.append(PrivateExchange(quirks_of("hyperliquid"), owner, feed, venue.fast_clock))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def dialect_of(venue: Simulator) -> HyperliquidDialect:
    assert isinstance(venue.dialect, HyperliquidDialect)
    return venue.dialect


def order(
    side: Side, pside: Pside, price: float, *, qty: float = 0.01, kind: Any = "limit", nth: int = 0
) -> OrderRequest:
    closing = (side == "buy") is not (pside == "long")
    name = f"{'close_grid' if closing else 'entry_grid_normal'}_{pside}"
    client_id = client_order_id(
        account="t", symbol=BTC, pside=pside, side=side, order_type=name, qty=qty, price=price, nth=nth
    )
    return OrderRequest(BTC, side, pside, qty, price, closing, kind, client_id, name)


async def grid(account: PrivateExchange, count: int) -> list[OrderRequest]:
    """Return entries well below the market, at prices of five digits."""
    price = (await account.fetch_tickers([BTC]))[BTC].bid
    return [order("buy", "long", round(price * 0.9, -2) - 10 * i, nth=i) for i in range(count)]


async def ready(account: PrivateExchange) -> PrivateExchange:
    await account.start()
    await account.prepare_account(hedge_mode=account.capabilities.hedge_mode)
    await account.prepare_symbol(BTC, leverage=5)
    return account


def test_who_signed_is_found_as_the_venue_documents_it() -> None:
    # Key, action and signatures of the tests that the venue's own client comes with.
    key = "0x0123456789012345678901234567890123456789012345678901234567890123"
    limit = {"a": 1, "b": True, "p": "100", "s": "100", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    action = {"type": "order", "orders": [limit], "grouping": "na"}
    signature = {
        "r": "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
        "s": "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e",
        "v": 28,
    }
    assert signer_of(action, 0, signature) == address_of(key)
    vault = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
    signature = {
        "r": "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
        "s": "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
        "v": 28,
    }
    assert signer_of({"type": "dummy", "num": 100_000_000_000}, 0, signature, vault=vault) == address_of(key)
    assert signer_of({"type": "dummy", "num": 100_000_000_001}, 0, signature, vault=vault) != address_of(key)


@pytest.mark.parametrize(("host", "mainnet"), [("hyperliquid.xyz", True), ("hyperliquid-testnet.xyz", False)])
@pytest.mark.parametrize("is_vault", [False, True])
async def test_actions_are_signed_for_the_chain_and_the_vault_they_go_to(
    host: str, mainnet: bool, is_vault: bool
) -> None:
    client: Any = ccxt.hyperliquid({"walletAddress": WALLET, "privateKey": PRIVATE_KEY})
    client.urls["api"]["private"] = f"https://api.{host}"
    keys = {"walletAddress": Secret(WALLET), "privateKey": Secret(PRIVATE_KEY)}
    sent: list[Any] = []

    async def post(request: Any) -> None:
        sent.append(request)

    client.privatePostExchange = post
    equip(client, Account("me", "hyperliquid", "USDC", is_vault, credentials=keys))
    action = {"type": "updateLeverage", "asset": 300, "isCross": True, "leverage": 7}
    for _ in range(2):
        await getattr(client, ACTION)({"action": action})
    first, second = sent
    assert second["nonce"] > first["nonce"], "a number is used once"
    assert first.get("vaultAddress") == (WALLET if is_vault else None)
    vault = WALLET if is_vault else None
    found = signer_of(action, first["nonce"], first["signature"], vault=vault, mainnet=mainnet)
    assert found == address_of(PRIVATE_KEY)


async def test_orders_whose_answer_was_lost_are_found_by_their_ids(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 3)
    venue.lost.append(ORDERS)
    assert all(isinstance(result.error, OutcomeUnknown) for result in await trader.create_orders(wanted))
    resting = await trader.fetch_open_orders()
    assert {o.client_id for o in resting} == {request.client_id for request in wanted}
    assert all((o.pside, o.side, o.reduce_only, o.symbol) == ("long", "buy", False, BTC) for o in resting)
    many = await grid(trader, 63)
    assert all(result.error is None for result in await trader.create_orders(many[3:]))
    resting = await trader.fetch_open_orders()
    assert len({o.id for o in resting}) == 63
    cancelled = await trader.cancel_orders([*resting, resting[0]])
    assert [type(each.error).__name__ for each in cancelled if each.error] in ([], ["OrderGone"] * 2)
    assert await trader.fetch_open_orders() == []


async def test_refusals_say_what_to_change(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 3)
    dialect_of(venue).reject_next = ["insufficient_margin", "min_cost"]
    first, second, third = await trader.create_orders(wanted)
    assert isinstance(first.error, OrderRejected)
    assert (first.error.reason, "wallet exposure" in first.error.line()) == ("insufficient_margin", True)
    assert isinstance(second.error, OrderRejected)
    assert (second.error.reason, "entry_initial_qty_pct" in second.error.line()) == ("min_cost", True)
    assert third.order is not None, "one of a batch is taken where others are refused"
    tiny, closing = order("buy", "long", 1_000.0, qty=0.001), order("sell", "long", 200_000.0)
    results = await trader.create_orders([tiny, closing])
    assert [each.error.reason for each in results if isinstance(each.error, OrderRejected)] == [
        "min_cost",
        "reduce_only",
    ]
    # A price of six digits: the venue answers once for the whole batch.
    off = replace(order("sell", "short", 1_000.25, qty=1.0), symbol=SOL)
    results = await trader.create_orders([off, *wanted])
    assert [each.error.reason for each in results if isinstance(each.error, OrderRejected)] == ["tick"] * 4


async def test_a_market_order_trades_within_a_bound_or_is_not_sent(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    (entry,) = await trader.create_orders([order("buy", "long", 1.0, kind="market")])
    assert entry.order is not None
    assert entry.order.qty == 0.0
    (held,) = await trader.fetch_positions()
    assert (held.symbol, held.pside, held.position.size) == (BTC, "long", 0.01)
    for body, times in (("{}", 1), ('{"BTC":"0"}', 1), ("<html>", 3)):
        venue.faults.garble(body, times=times, path=PRICES)
        (unpriced,) = await trader.create_orders([order("sell", "long", 1.0, kind="market")])
        assert isinstance(unpriced.error, OrderRejected), "nothing was sent: there is nothing to find out"
        assert unpriced.error.reason == "no_price"
    (closed,) = await trader.create_orders([order("sell", "long", 1.0, kind="market")])
    assert closed.error is None
    assert await trader.fetch_positions() == []
    fills = await trader.fetch_fills(0)
    assert [(fill.pside, fill.side, fill.qty) for fill in fills] == [("long", "buy", 0.01), ("long", "sell", -0.01)]
    balance = (await trader.fetch_balance()).raw
    assert balance == pytest.approx(10_000.0 + sum(fill.pnl + fill.fee for fill in fills), abs=1e-5)


async def test_an_odd_answer_to_a_batch_is_no_refusal(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    wanted = await grid(trader, 2)
    for said in ({"status": "ok", "response": {"type": "order", "data": {"statuses": []}}}, "text", [1], {}):
        dialect_of(venue).say_next.append(said)
        results = await trader.create_orders(wanted)
        assert all(isinstance(result.error, OutcomeUnknown) for result in results), said
        resting = await trader.fetch_open_orders()
        assert {o.client_id for o in resting} == {request.client_id for request in wanted}
        assert all(each.error is None for each in await trader.cancel_orders(resting))


async def test_a_read_that_makes_no_sense_is_never_a_flat_account(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    for body in ("<html>maintenance</html>", "", "null", "{}", '"default"', '{"assetPositions":[{}]}', "[]"):
        venue.faults.garble(body, times=3, path=STATE)
        with pytest.raises(ExchangeError):
            await trader.fetch_positions()
        venue.faults.heal()
        venue.faults.garble(body, times=3, path=STATE)
        with pytest.raises(ExchangeError):
            await trader.fetch_balance()
        venue.faults.heal()
    venue.faults.refuse(503, times=1, path=STATE)
    assert await trader.fetch_positions() == []
    assert (await trader.fetch_balance()).raw == 10_000.0


async def test_limits_of_the_address_and_of_the_account_are_waited_out(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    venue.faults.refuse(429, times=1, path=STATE, Retry_After="3600")
    with pytest.raises(RateLimited) as caught:
        await trader.fetch_balance()
    assert caught.value.retry_after_s == 3_600.0
    asked = len(venue.answers)
    with pytest.raises(RateLimited):
        await trader.fetch_open_orders()
    assert len(venue.answers) == asked
    trader = await ready(account())  # as after an hour
    assert (await trader.fetch_balance()).raw == 10_000.0
    text = "Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0."
    venue.faults.garble(f'{{"status":"err","response":"{text}"}}', times=1, path=ORDERS)
    results = await trader.create_orders(await grid(trader, 2))
    assert all(isinstance(result.error, RateLimited) for result in results)
    assert await trader.fetch_open_orders() == []


@pytest.mark.parametrize("days_off", [-3, 3])
async def test_a_number_the_venue_refuses_is_signed_anew_with_its_time(
    venue: Simulator, account: Open, days_off: int
) -> None:
    trader = account()
    await trader.start()
    trader._feed._offset_ms += days_off * 86_400_000.0
    await trader.prepare_symbol(BTC, leverage=5)
    assert venue.books.leverage == {"BTC": 5}
    assert all(result.error is None for result in await trader.create_orders(await grid(trader, 2)))
    assert len(await trader.fetch_open_orders()) == 2
    assert abs(trader.now_ms() - venue.fast_clock.now_ms()) < 3_600_000


async def test_keys_that_must_not_trade_are_refused_at_the_start(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    with pytest.raises(AccountRefused, match="belongs to no API wallet") as refused:
        await account(key=OTHER_KEY).start()
    assert OTHER_KEY[2:] not in refused.value.line()
    dialect.roles[address_of(OTHER_KEY)] = {"role": "user"}
    with pytest.raises(AccountRefused, match="withdraw"):
        await account(key=OTHER_KEY, wallet=address_of(OTHER_KEY)).start()
    with pytest.raises(AccountRefused, match="is an API wallet"):
        await account(wallet=dialect.agent).start()
    dialect.abstraction = "unifiedAccount"
    with pytest.raises(AccountRefused, match="unifiedAccount"):
        await ready(account())
    dialect.abstraction = "default"
    trader = await ready(account())
    # A wallet that is taken away later: what the venue says then.
    dialect.agent = address_of(OTHER_KEY)
    (result,) = await trader.create_orders(await grid(trader, 1))
    assert isinstance(result.error, AccountRefused)
    assert "API wallet" in result.error.line()
    with pytest.raises(AccountRefused, match="one position a coin"):
        await trader.prepare_account(hedge_mode=True)


async def test_a_vault_is_traded_in_its_name(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    dialect.roles[WALLET] = {"role": "vault"}
    with pytest.raises(AccountRefused, match="is a vault"):
        await account().start()
    dialect.vault = WALLET
    trader = await ready(account(is_vault=True))
    assert (await trader.create_orders(await grid(trader, 1)))[0].error is None


async def test_margin_is_isolated_only_where_the_venue_has_nothing_else(venue: Simulator, account: Open) -> None:
    dialect = dialect_of(venue)
    dialect.public.isolated = ("SOL",)
    trader = await ready(account())
    await trader.prepare_symbol(SOL, leverage=100)
    assert (dialect.cross, venue.books.leverage) == ({"BTC": True, "SOL": False}, {"BTC": 5, "SOL": 40})
    await trader.create_orders([order("buy", "long", 1.0, kind="market")])
    dialect.cross["BTC"] = False  # somebody's hand
    with pytest.raises(AccountRefused) as refused:
        await trader.prepare_symbol(BTC, leverage=5)
    assert "close the position" in refused.value.line()


def test_a_check_tells_of_the_account_and_signs_nothing(
    venue: Simulator,
    trader: Callable[..., Trader],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot = trader(venue)
    monkeypatch.setattr("pbtui.cli.account_check.RealClock", lambda: venue.fast_clock)
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    words = ["check", USER, "--base-dir", str(bot.base), "--endpoints", str(bot.endpoints)]
    assert main(words) == 0
    out = capsys.readouterr()
    assert "trades: yes · withdraws: no" in out.out
    assert "10,000 USDC" in out.out
    assert "one-way, margin set coin by coin" in out.out
    assert "position mode" not in out.out
    keys = bot.base / "api-keys.json"
    entry = {"exchange": "hyperliquid", "wallet_address": address_of(OTHER_KEY), "private_key": OTHER_KEY}
    keys.write_text(json.dumps({USER: entry}))
    dialect_of(venue).roles[address_of(OTHER_KEY)] = {"role": "user"}
    assert main([*words, "--json"]) == 4
    out = capsys.readouterr()
    told = json.loads(out.out)
    assert (told["withdraw"], told["trade"], told["hedge_mode"], told["quote"]) == (True, True, False, "USDC")
    assert "--allow-withdraw-keys" in out.err
    assert OTHER_KEY[2:] not in out.out + out.err
    assert dialect_of(venue).actions == []
    keys.write_text(json.dumps({USER: {**entry, "private_key": "0x12"}}))
    with pytest.raises(ConfigError, match="64 hex digits"):
        main(words)


async def test_a_stream_that_went_deaf_is_found_and_replaced(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    woken: list[str] = []
    trader.wake.listeners.append(woken.append)
    stream = trader._stream
    assert stream is not None
    await _until(venue, lambda: stream.state().state == "up")
    first, second = await grid(trader, 2)
    await trader.create_orders([first])
    await _until(venue, lambda: woken)
    venue.faults.silent = True
    await trader.create_orders([second])
    await _until(venue, lambda: stream.reconnects > 0)
    venue.faults.silent = False
    await _until(venue, lambda: stream.state().state == "up")


async def test_prices_are_streamed(venue: Simulator, account: Open) -> None:
    trader = await ready(account())
    await _until(venue, lambda: trader._feed.stream_state().state == "up")
    await _until(venue, lambda: trader._feed._streams.quote(BTC, within_s=600.0) is not None)
    streamed = trader._feed._streams.quote(BTC, within_s=600.0)
    assert streamed is not None
    assert streamed.bid == pytest.approx(venue.markets["BTC"].price(venue.fast_clock.now_ms()), rel=0.05)
    assert streamed.bid <= streamed.ask


async def _until(venue: Simulator, condition: Callable[[], object]) -> None:
    for _ in range(6_000):
        if condition():
            return
        await venue.fast_clock.sleep(1.0)
    pytest.fail("this never came true")
