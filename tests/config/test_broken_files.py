"""Files no careful program may stumble over: one line with place or key, exit code 2, at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pbtui.cli.config_cmd import main
from pbtui.config import SyntaxFault, load
from pbtui.config.parse import MAX_BYTES, parse_text
from pbtui.core.errors import ConfigError

from .support import current, write

GOOD = json.dumps(current())


def _refusal(capsys: pytest.CaptureFixture[str], path: Path) -> str:
    """The one line `pbtui config check` says of a broken file, without the file's folder."""
    assert main(["check", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "\x1b" not in err
    return err.strip().replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.json", '{"bot": {},, "live": {}}', "line 1, column 12: found ',' where a key name was expected"),
        ("a.json", '{\r\n"bot": {},\r\n"live": {,}\r\n}', "line 3, column 10: found ',' where a key name was expected"),
        ("a.json", '{"bot": {\n "long": 1\n', "line 3, column 1: the text ends inside an object: a } is missing"),
        ("a.json", GOOD + "}", f"line 1, column {len(GOOD) + 1}: there is more text behind the end"),
        ("a.json", '{"bot": {"x": NaN}, "live": {}}', "line 1, column 15: NaN is no number of JSON"),
        ("a.json", '{"bot": {"N": "NaN",\n "x": -Infinity}}', "line 2, column 7: -Infinity is no number of JSON"),
        ("a.json", '{"live": {"user": "a\x00b"}}', "line 1, column 21: a control character inside quotes"),
        ("a.json", "[1, 2]", "line 1, column 1: a configuration is an object"),
        ("a.json", "5", "line 1, column 1: a configuration is an object"),
        ("a.json", "\x00\x00", "line 1, column 1: "),
        (
            "a.hjson",
            "bot: {}\n\nlive: {\n  leverage 5\n}\n",
            "line 4, column 3: found '}' where a key name was expected",
        ),
        ("a.hjson", "{\n bot: [1, 2\n}", "line 3, column 1: a value is missing here"),
        ("a.hjson", "{\n bot: {} /* never\n closed", "line 2, column 10: this comment or ''' text has no end"),
        ("a.hjson", "live: {user: '''abc", "line 1, column 20: this ''' text has no end"),
        ("a.json", '{"bot": {"long": {"ema_span_0": 1e999}}}', "bot.long.ema_span_0: a number too large"),
        ("a.hjson", "bot: {long: {n_positions: -" + "9" * 5000 + "\n}}", "bot.long.n_positions: a number too large"),
        ("a.json", '{"a": ' * 10_000 + "1" + "}" * 10_000, "nested deeper than 60 levels"),
        ("a.json", '{"a": ' + "[" * 70 + "]" * 70 + "}", "nested deeper than 60 levels"),
        ("a.hjson", "[" * 100_000, "nested deeper than 60 levels"),
    ],
)
def test_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, line: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert _refusal(capsys, path).startswith(f"{name}: {line}")


def test_what_is_no_plain_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "one.json").symlink_to("two.json")
    (tmp_path / "two.json").symlink_to("one.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "latin.json").write_bytes(b'{\n"user": "\xe9"}')
    assert _refusal(capsys, tmp_path / "pipe.json") == "pipe.json: is a pipe or a device; allowed: a plain file"
    assert _refusal(capsys, tmp_path / "zero.json") == "zero.json: is a pipe or a device; allowed: a plain file"
    assert _refusal(capsys, tmp_path / "folder.json") == "folder.json: is a folder, not a file"
    assert "can't be read" in _refusal(capsys, tmp_path / "one.json")
    assert "larger than 16 MiB" in _refusal(capsys, tmp_path / "large.json")
    assert _refusal(capsys, tmp_path / "latin.json") == "latin.json: line 2, column 10: not UTF-8 text"
    assert _refusal(capsys, tmp_path / "none.json") == "none.json: no such file"


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + GOOD, json.dumps(current(), indent=1).replace("\n", "\r\n"), f"// mine\n{GOOD} # end", GOOD[1:-1]],
)
def test_good_texts_of_other_editors(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.hjson"
    path.write_bytes(text.encode())
    assert load(path).hash == load(write(tmp_path, current())).hash


def test_strict_json_and_hjson_give_the_same_numbers() -> None:
    text = '{"a": [10.0, 1e10, -0.0, 0.1, 1e-320, 12345678901234567890, 3e9, null, "1"]}'
    strict, loose = parse_text(text, "x"), parse_text(f"{text} # x", "x")
    assert repr(strict) == repr(loose)
    assert repr(strict["a"]) == "[10, 10000000000.0, 0, 0.1, 1e-320, 1.2345678901234567e+19, 3000000000, None, '1']"


def test_three_quotes_on_the_first_line() -> None:
    assert parse_text("{a: '''one''', b: 2}", "x") == {"a": "one", "b": 2}


def test_a_key_written_twice_is_named_and_the_last_one_counts(tmp_path: Path) -> None:
    for text in ('"leverage": 5, "leverage": 7', "leverage: 5\nleverage: 7"):
        path = write(tmp_path, '{"bot": {"long": {}, "short": {}}, "live": {' + text + "}}")
        config = load(path)
        assert config.live.leverage == 7
        assert 'the file names "live.leverage" more than once; the last one counts' in config.warnings


def test_hostile_names_are_shown_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = {"\x1b]52;c;aGk=\x07": 1, "a\u202eb": 2, "user": "\x1b[31mred", "\ud800": 3, "approved_coins": ["BTC"]}
    path = write(tmp_path, json.dumps(current(live=live)))
    for words in (["check"], ["show"], ["migrate"], ["show", "--json"], ["check", "--json"]):
        assert main([words[0], str(path), *words[1:]]) == 0
        captured = capsys.readouterr()
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(captured.out + captured.err)


def test_thousands_of_unknown_keys_are_summed_up(tmp_path: Path) -> None:
    config = load(write(tmp_path, current(live={f"k{number}": 1 for number in range(20_000)})))
    unknown = [line for line in config.warnings if "unknown key" in line]
    assert len(unknown) == 51
    assert unknown[-1] == "19950 more unknown keys are left out"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[", "line 1, column 2: the text ends inside a list: a ] is missing"),
        ('["BTC", "ETH"', "line 1, column 14: a value is missing here"),
        ("{", "line 1, column 2: the text ends inside an object"),
        ("null", "holds null instead of coins"),
        ("false", "holds false instead of coins"),
        ("<html><body>404 not found</body></html>", "is no coin name"),
        ('["BTC", true]', "True is no coin list"),
        ('["B\\u001b[2JTC"]', "is no coin name"),
        ('["coins.json", "BTC"]', "is a file inside a list of coins"),
        ('{"a": 1}', "is no coin list"),
    ],
)
def test_coin_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, wrong: str) -> None:
    write(tmp_path, text, "coins.json")
    line = _refusal(capsys, write(tmp_path, current(live={"approved_coins": "coins.json"})))
    assert line.startswith("config.json: live.approved_coins: ")
    assert wrong in line
    assert "allowed: a list of coins" in line


def test_a_broken_override_file_is_named_with_its_coin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, '{"bot": {,}}', "sol.json")
    entry = {"override_config_path": "sol.json"}
    line = _refusal(capsys, write(tmp_path, current(coin_overrides={"SOL": entry})))
    assert line.startswith(
        "config.json: coin_overrides.SOL.override_config_path: sol.json: line 1, column 10: found ','"
    )


def test_errors_of_texts_are_typed() -> None:
    with pytest.raises(SyntaxFault) as fault:
        parse_text("{a: 1, b: [2}", "x.hjson")
    assert (fault.value.line_number, fault.value.column) == (1, 13)
    with pytest.raises(ConfigError, match=r"x: a\.\[2\]\.b: a number too large"):
        parse_text('{"a": [1, {"b": 1e400}]}', "x")
