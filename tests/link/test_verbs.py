from __future__ import annotations

from pathlib import Path

import pytest
from bots import HEAD
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.actions import (
    PanicAll,
    PauseCreations,
    ReloadConfig,
    SetMode,
    SetReplaySpeed,
    StopBot,
    Target,
)
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import LoopHealth, ModeRow, Snapshot
from pbtui.core.types import PSIDES, Mode
from pbtui.link.targets import action_of, completions, missing_word, targets_of
from pbtui.link.verbs import BY_WORD, VERBS, Command, parse
from pbtui.link.verbs_doc import line_mode_markdown

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def picture() -> Snapshot:
    rows = tuple(
        ModeRow(symbol, symbol[:3], pside, "normal", "normal", "", "", 0, "")
        for symbol in (BTC, ETH)
        for pside in PSIDES
    )
    return Snapshot(1, 1, 1, HEAD, modes=rows, health=LoopHealth(on_stop="keep"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mode BTC long gs", SetMode((Target(BTC, "long"),), Mode.GRACEFUL_STOP, by="x")),
        ("MODE btc L tp-only", SetMode((Target(BTC, "long"),), Mode.TP_ONLY, by="x")),
        ("mode BTC/USDT:USDT s c", SetMode((Target(BTC, "short"),), None, by="x")),
        ("mode all short m", SetMode((Target(BTC, "short"), Target(ETH, "short")), Mode.MANUAL, by="x")),
        ("mode ETH,BTC long n", SetMode((Target(ETH, "long"), Target(BTC, "long")), Mode.NORMAL, by="x")),
        ("mode BTC both n", SetMode((Target(BTC, "long"), Target(BTC, "short")), Mode.NORMAL, by="x")),
        ("mode DOGE long n", SetMode((Target("DOGE/USDT:USDT", "long"),), Mode.NORMAL, by="x")),
        ("panic ETH long --confirm ETH", SetMode((Target(ETH, "long"),), Mode.PANIC, by="x", confirm="ETH")),
        ("mode ETH long p --confirm=eth", SetMode((Target(ETH, "long"),), Mode.PANIC, by="x", confirm="eth")),
        ("--confirm PANIC panic all", PanicAll("PANIC", by="x")),
        ("pause", PauseCreations(True, by="x")),
        ("resume", PauseCreations(False, by="x")),
        ("reload", ReloadConfig(by="x")),
        ("speed 60x", SetReplaySpeed(60.0, by="x")),
        ("speed max", SetReplaySpeed(0.0, by="x")),
        ("stop", StopBot("keep", by="x")),
        ("stop cancel-all", StopBot("cancel_all", by="x")),
    ],
)
def test_a_typed_line_becomes_an_action(text: str, wanted: object) -> None:
    assert action_of(parse(text), picture(), "x") == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to do"),
        ("sell everything", "no such word: sell"),
        ("mode BTC long", "write: mode COIN SIDE MODE"),
        ("mode BTC up gs", "up is not a side"),
        ("mode BTC long fast", "fast is not a mode"),
        ("mode all long panic", "coin by coin"),
        ("mode , long gs", "no coin"),
        ("panic BTC", "write: panic COIN SIDE"),
        ("stop now", "write: stop"),
        ("speed nan", "nan is no speed"),
        ("speed -1", "is no speed"),
        ("events 0", "no number of rows"),
        ("events 2.5", "no number of rows"),
        ("pause --force", "no such flag: --force"),
        ("panic all --confirm", "--confirm needs a word"),
        ("mode B\x1b[2J up x", "is not a side"),
    ],
)
def test_what_makes_no_sense_is_one_safe_line(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as found:
        parse(text)
    line = found.value.line()
    assert says in line
    assert sanitize_line(line) == line
    assert found.value.exit_code == ExitCode.USAGE


def test_unknown_coins_are_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as found:
        targets_of(parse("mode N/A long gs"), picture())
    assert found.value.line() == "N/A is not traded here; coins: BTC, ETH"
    with pytest.raises(ConfigError, match="DOGE is not traded here"):
        targets_of(parse("why DOGE long"), picture(), guess=False)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("panic ETH long", "ETH"),
        ("panic ETH long --confirm BTC", "ETH"),
        ("panic ETH both --confirm eth", ""),
        ("panic all --confirm panic", "PANIC"),
        ("panic all --confirm PANIC", ""),
        ("mode ETH long m", ""),
        ("reload", ""),
    ],
)
def test_what_costs_money_wants_its_word(text: str, missing: str) -> None:
    assert missing_word(parse(text), picture()) == missing


def test_verbs_that_only_look_are_no_actions() -> None:
    for verb in VERBS:
        text = verb.usage.split("[")[0].replace("COIN SIDE", "BTC long").replace("N|max", "1").replace("MODE", "gs")
        found = parse(text.replace("--confirm COIN", "--confirm BTC"))
        assert found.verb is verb
        if verb.acts:
            assert action_of(found, picture(), "x") is not None
        else:
            with pytest.raises(ConfigError):
                action_of(found, picture(), "x")


def test_aliases_flags_and_defaults() -> None:
    assert parse("pos --json") == Command(BY_WORD["positions"], as_json=True)
    assert parse("events").number == 20
    assert parse("log 7").number == 7
    assert parse("orders btc").coins == ("btc",)


def test_every_completion_leads_on() -> None:
    assert "positions" in completions("po", [])
    assert completions("mode b", ["BTC", "ETH"]) == ["mode BTC"]
    assert completions("mode BTC ", ["BTC"]) == ["mode BTC long", "mode BTC short", "mode BTC both"]
    assert "mode BTC long gs" in completions("mode BTC long ", ["BTC"])
    assert completions("panic all ", ["BTC"]) == []
    assert completions("stop c", []) == ["stop cancel_entries", "stop cancel_all"]
    for line in completions("mode BTC long ", ["BTC"]):
        assert parse(line).mode in (*Mode, None)


@given(st.text(max_size=60))
def test_any_text_is_a_command_or_one_clear_line(text: str) -> None:
    line, found = "", None
    try:
        found = parse(text)
    except ConfigError as error:
        line = error.line()
    assert (found is None) == bool(line)
    assert sanitize_line(line) == line
    assert all(isinstance(whole, str) for whole in completions(text, ["BTC"]))


def test_the_page_tells_every_word_and_is_the_one_in_the_docs() -> None:
    page = line_mode_markdown()
    assert all(verb.help in page for verb in VERBS)
    assert (Path(__file__).resolve().parents[2] / "docs" / "line-mode.md").read_text("utf-8") == page
