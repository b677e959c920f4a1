from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.cli import plan as planning
from pbtui.cli.run_args import parse
from pbtui.cli.safety import Gate, pass_gate
from pbtui.config import load
from pbtui.core.errors import ConfigError, SafetyRefusal, StateError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "configs" / "examples"


def plan_of(*words: str) -> planning.RunPlan:
    return planning.make_plan(parse(list(words)))


def test_bare_is_always_paper(tmp_path: Path) -> None:
    plan = plan_of("--base-dir", str(tmp_path))
    assert (plan.user, plan.kind, plan.exchange, plan.badge()) == ("paper", "paper", "binance", "PAPER")
    assert plan.ledger == tmp_path / "run" / "paper-binance" / "ledger.db"
    assert plan.config.path == planning.PAPER_CONFIG
    assert plan_of("--base-dir", str(tmp_path), "--exchange", "bybit").exchange == "bybit"


def test_any_config_runs_on_paper_when_asked(tmp_path: Path) -> None:
    template = str(ROOT / "configs" / "template.json")
    assert plan_of(template, "-u", "paper").user == "paper"
    plan = plan_of(template, "--replay", str(tmp_path), "--speed", "600")
    assert (plan.kind, plan.badge()) == ("replay", "REPLAY 600x")
    assert plan_of(template, "--synthetic", "--speed", "max").badge() == "SYNTHETIC max"


def test_an_account_without_keys_is_exit_2_and_a_real_one_exit_4(tmp_path: Path) -> None:
    template = str(ROOT / "configs" / "template.json")
    with pytest.raises(ConfigError) as caught:
        plan_of(template, "--base-dir", str(tmp_path))
    assert "-u paper" in caught.value.line()
    keys = tmp_path / "api-keys.json"
    accounts = {
        "real": {"exchange": "krakenfutures", "key": "k", "secret": "s"},
        "empty": {"exchange": "bybit", "key": "", "secret": ""},
        "gone": {"exchange": "defx", "key": "k", "secret": "s"},
    }
    keys.write_text(json.dumps(accounts))
    keys.chmod(0o600)
    for user, kind, said in (
        ("real", SafetyRefusal, "not yet in this version"),
        ("empty", ConfigError, "no keys"),
        ("gone", ConfigError, "closed in March 2026"),
        ("nobody", ConfigError, "nobody"),
    ):
        with pytest.raises(kind) as found:
            plan_of(template, "-u", user, "--base-dir", str(tmp_path))
        assert said in found.value.line()
        assert "'k'" not in found.value.line()
    keys.chmod(0o644)
    with pytest.raises(SafetyRefusal) as open_to_all:
        plan_of(template, "-u", "real", "--base-dir", str(tmp_path))
    assert "chmod 600" in open_to_all.value.line()


def test_a_venue_that_closed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of("--exchange", "defx", "--base-dir", str(tmp_path))
    assert "venues that work: binance" in caught.value.line()
    with pytest.raises(ConfigError):
        plan_of("--exchange", "../../etc", "--base-dir", str(tmp_path))


def test_the_same_replay_has_the_same_folder_and_another_config_another(tmp_path: Path) -> None:
    words = ["--replay", str(tmp_path), "--base-dir", str(tmp_path)]
    one = plan_of(*words, "--coins", "BTC,ETH")
    assert one.run_dir == plan_of(*words, "--coins", "ETH,BTC", "--speed", "max", "--for", "3d").run_dir
    assert one.user == one.run_dir.name
    others = [
        plan_of(*words, "--coins", "BTC"),
        plan_of(*words, "--coins", "BTC,ETH", "--live.leverage", "9"),
        plan_of(*words, "--coins", "BTC,ETH", "--from", "2025-05-05"),
    ]
    assert len({one.run_dir, *(other.run_dir for other in others)}) == 4


def test_coins_of_the_command_line_are_the_approved_ones(tmp_path: Path) -> None:
    plan = plan_of("--base-dir", str(tmp_path), "--coins", "NEAR,UNI")
    assert {coin for side in plan.config.live.approved_coins.values() for coin in side} == {"NEAR", "UNI"}
    assert plan.reload().hash == plan.config.hash


def test_another_key_is_another_confirmation_that_names_it(tmp_path: Path) -> None:
    config = load(EXAMPLES / "paper.hjson", base_dir=ROOT)
    where = {"user": "main", "exchange": "bybit", "state_dir": tmp_path / "state"}
    asked: list[str] = []
    gate = Gate(ask=lambda question: asked.append(question) or "main")
    for key in ("a1", "a1", "b2"):
        pass_gate(config, **where, gate=gate, key=key)
    assert [word for text in asked for word in ("a1", "b2") if f"with key {word}" in text] == ["a1", "b2"]


def test_real_money_is_confirmed_once_per_account_and_config(tmp_path: Path) -> None:
    config = load(EXAMPLES / "paper.hjson", base_dir=ROOT)
    where = {"user": "main", "exchange": "bybit", "state_dir": tmp_path / "state"}
    with pytest.raises(SafetyRefusal) as caught:
        pass_gate(config, **where, gate=Gate())
    assert "--yes-live" in caught.value.line()
    asked: list[str] = []

    def answer(text: str) -> Gate:
        return Gate(ask=lambda question: asked.append(question) or text)

    with pytest.raises(SafetyRefusal):
        pass_gate(config, **where, gate=answer("yes"))
    pass_gate(config, **where, gate=answer("main"))
    assert "REAL MONEY" in asked[-1]
    pass_gate(config, **where, gate=Gate())
    with pytest.raises(SafetyRefusal):
        pass_gate(config, **{**where, "user": "other"}, gate=Gate())
    other = load(EXAMPLES / "paper.hjson", flags={"live.leverage": 9}, base_dir=ROOT)
    with pytest.raises(SafetyRefusal):
        pass_gate(other, **where, gate=Gate())
    pass_gate(other, **where, gate=Gate(yes_live=True))
    (tmp_path / "state" / "live_confirmations.json").write_text("{")
    with pytest.raises(StateError):
        pass_gate(config, **where, gate=Gate())


def test_a_loss_gate_of_zero_and_omitted_keys_are_settled_first(tmp_path: Path) -> None:
    where = {"user": "main", "exchange": "bybit", "state_dir": tmp_path}
    zero = load(EXAMPLES / "paper.hjson", flags={"live.max_realized_loss_pct": 0}, base_dir=ROOT)
    asked: list[str] = []
    pass_gate(zero, **where, gate=Gate(ask=lambda question: asked.append(question) or "main"))
    assert len(asked) == 2
    assert "max_realized_loss_pct" in asked[1]
    short = tmp_path / "one_side.json"
    short.write_text(json.dumps({"bot": {"long": {"n_positions": 1, "total_wallet_exposure_limit": 1}}, "live": {}}))
    omitting = load(short, base_dir=tmp_path)
    with pytest.raises(SafetyRefusal) as caught:
        pass_gate(omitting, **where, gate=Gate(yes_live=True))
    assert "bot.short" in caught.value.line()
    assert "--accept-built-in-defaults" in caught.value.line()
    pass_gate(omitting, **where, gate=Gate(yes_live=True, accept_built_in_defaults=True))
