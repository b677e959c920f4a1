"""`pbtui account check USER` on both venues: what a key may do decides, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pbtui.cli.account_check import main
from pbtui.cli.confirm import confirm_real_money
from pbtui.cli.plan import make_plan
from pbtui.cli.public_data import new_feed
from pbtui.cli.run_args import parse
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, SafetyRefusal
from pbtui.live.journal import Journal
from tests.venues.binance import BinanceDialect
from tests.venues.bitget import BitgetDialect
from tests.venues.bybit import BybitDialect
from tests.venues.gateio import GateIoDialect
from tests.venues.kucoin import KucoinDialect
from tests.venues.okx import OkxDialect
from tests.venues.simulator import KEY, SECRET, Simulator
from tests.venues.trader import ROOT, USER, Trader


@pytest.mark.parametrize(
    "dialect", [BinanceDialect, BybitDialect, BitgetDialect, GateIoDialect, KucoinDialect, OkxDialect]
)
def test_an_account_is_told_and_left_as_it_is(
    simulate: Callable[..., Simulator],
    trader: Callable[..., Trader],
    dialect: type[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = simulate(dialect, speed=1.0, moving=False)
    bot = trader(venue)
    monkeypatch.setattr("pbtui.cli.account_check.RealClock", lambda: venue.fast_clock)
    monkeypatch.setenv("XDG_STATE_HOME", str(bot.folder / "s"))
    words = ["check", USER, "--base-dir", str(bot.base), "--endpoints", str(bot.endpoints)]
    assert main(words) == 0
    said = capsys.readouterr().out
    silent = venue.dialect.name in ("gateio",)  # it may not tell that a key can't withdraw
    assert f"withdraws: {'the venue does' if silent else 'no'}" in said
    assert "10,000 USDT" in said
    assert ("position mode to hedge" in said) is getattr(dialect, "hedged", True)
    venue.dialect.withdrawals = True
    assert main([*words, "--json"]) == 4
    out = capsys.readouterr()
    told = json.loads(out.out)
    assert (told["withdraw"], told["trade"], told["hedge_mode"]) == (True, True, False)
    assert "--allow-withdraw-keys" in out.err
    assert main([*words, "--allow-withdraw-keys"]) == 0
    out = capsys.readouterr()
    assert "can withdraw money" in out.err
    assert KEY not in out.out + out.err
    assert f"through other addresses: {venue.base_url}" in out.err
    assert SECRET not in out.out + out.err
    assert {text for text, _ in venue.answers if text.startswith(("POST", "DELETE"))} == set()
    keys = bot.base / "api-keys.json"
    keys.chmod(0o640)
    with pytest.raises(SafetyRefusal, match="others may read it"):
        main(words)


def test_real_money_is_confirmed_once_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    keys = tmp_path / "api-keys.json"
    keys.write_text(json.dumps({"mine": {"exchange": "bybit", "key": "k", "secret": "s"}}))
    keys.chmod(0o600)
    words = [str(ROOT / "configs/examples/paper.hjson"), "--no-ui", "--base-dir", str(tmp_path)]
    confirm_real_money(parse(words))
    with pytest.raises(SafetyRefusal, match="confirmed") as caught:
        confirm_real_money(parse([*words, "-u", "mine", "--accept-built-in-defaults"]))
    assert "--yes-live" in caught.value.line()
    confirm_real_money(parse([*words, "-u", "mine", "--accept-built-in-defaults", "--yes-live"]))
    confirm_real_money(parse([*words, "-u", "mine", "--accept-built-in-defaults"]))
    with pytest.raises(ConfigError, match="for paper accounts"):
        confirm_real_money(parse([*words, "-u", "mine", "--fresh"]))


def test_other_addresses_are_confirmed_and_never_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    keys = tmp_path / "api-keys.json"
    keys.write_text(json.dumps({"mine": {"exchange": "binance", "key": "k", "secret": "s"}}))
    keys.chmod(0o600)
    words = [str(ROOT / "configs/examples/paper.hjson"), "--no-ui", "--base-dir", str(tmp_path), "-u", "mine"]
    words.append("--accept-built-in-defaults")
    found = tmp_path / "configs" / "custom_endpoints.json"
    found.parent.mkdir()
    rules = {"rest": {"rewrite_domains": {"fapi.binance.com": "https://testnet.example"}}}
    found.write_text(json.dumps({"exchanges": {"binanceusdm": rules}}))
    confirm_real_money(parse([*words, "--yes-live"]))
    confirm_real_money(parse(words))
    found.rename(tmp_path / "away.json")
    # What was confirmed for the other address is not confirmed for the venue itself.
    with pytest.raises(SafetyRefusal, match="confirmed"):
        confirm_real_money(parse(words))
    confirm_real_money(parse([*words, "--yes-live"]))
    journal = Journal(lambda: 0)
    assert new_feed(make_plan(parse(words)), RealClock(), journal)._shelf is not None
    rules["rest"]["rewrite_domains"]["fapi.binance.com"] = "https://third.example"
    found.write_text(json.dumps({"exchanges": {"binanceusdm": rules}}))
    assert new_feed(make_plan(parse(words)), RealClock(), journal)._shelf is None, "its prices stay out of the store"
    with pytest.raises(SafetyRefusal, match=r"through https://third\.example"):
        confirm_real_money(parse(words))
    found.write_text("{ broken")
    with pytest.raises(ConfigError, match="custom_endpoints"):
        confirm_real_money(parse(words))
    confirm_real_money(parse([*words, "--endpoints", "none"]))


def test_accounts_that_cannot_be_checked_are_one_clear_line(tmp_path: Path) -> None:
    keys = tmp_path / "api-keys.json"
    entries = {
        "closed": {"exchange": "defx", "key": "k", "secret": "s"},
        "later": {"exchange": "krakenfutures", "key": "k", "secret": "s"},
        "half": {"exchange": "bybit", "key": "k"},
    }
    keys.write_text(json.dumps(entries))
    keys.chmod(0o600)
    for user, said in (("closed", "closed in March 2026"), ("later", "not served yet"), ("half", "lacks secret")):
        with pytest.raises(ConfigError, match=said):
            main(["check", user, "--base-dir", str(tmp_path)])
