"""Laying out anew keeps values, spelling, order and comments, and needs to be done once only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.config.parse import parse_text
from pbtui.config.streamline import Style, find_configs, restyle, streamlined, write_all
from pbtui.core.errors import ConfigError, StateError

PLAIN = Style()
NAMES = st.text(min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


WORDS = ["a", "b c", "1", "1.5e3", "007", "true", "null", "'x'", '"y"', "{", "}", "[", "]", ",", ":", "\n", "\n\n", " "]
WORDS += ["# one\n", "// two\n", "/* three */", "/* four\n */", "a: ", "b: 2\n", "[]", "{}"]


@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_any_hjson_comes_out_the_same_or_is_refused(text: str) -> None:
    try:
        after = streamlined(text, "x.hjson", PLAIN)
    except ConfigError:
        return
    as_object = not text.lstrip().startswith("[")
    assert parse_text(after, "x", is_object=as_object) == parse_text(text, "x", is_object=as_object)
    assert streamlined(after, "x.hjson", PLAIN) == after


@given(st.dictionaries(NAMES, VALUES, max_size=6), st.integers(0, 120), st.sampled_from([None, 1, 4]))
def test_any_json_keeps_its_values_and_order(value: dict[str, Any], width: int, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    after = streamlined(text, "x", Style(width=width))
    assert json.loads(after) == value
    assert list(json.loads(after)) == list(value)
    assert streamlined(after, "x", Style(width=width)) == after
    inlined = [line.strip() for line in after.splitlines() if re.match(r'\s*[{\["].*[}\]],?$', line)]
    assert all(len(line.rstrip(",").split(": ")[-1]) <= width for line in inlined if line[:1] in "[{" and len(line) > 4)


def test_hjson_keeps_comments_blank_lines_and_spelling() -> None:
    text = """# head
{
  // above
  live: {  /* first */
    user: my main user
    leverage: 5.0   // beside

    'coins': [BTC
      "ETH", # second
      1e-05]
    last: 'it''
    // below
  }
} // end
"""
    text = text.replace("'it''", r"'it\'s \"x\"'")
    after = streamlined(text, "x.hjson", PLAIN)
    assert (
        after
        == """# head
{
    // above
    "live": {
        /* first */
        "user": "my main user",
        "leverage": 5.0,  // beside

        "coins": [
            "BTC",
            "ETH",  # second
            1e-05
        ],
        "last": "it's \\"x\\""
        // below
    }
}
// end
"""
    )
    assert parse_text(after, "x") == parse_text(text, "x")
    assert streamlined(after, "x.hjson", PLAIN) == after


def test_texts_of_several_lines_become_one() -> None:
    text = "{\n  a: '''\n     first // no comment\n       second \"quoted\"\n     ''' // beside\n  b: [1]\n}"
    assert parse_text(text, "x")["a"] == 'first // no comment\n  second "quoted"'
    after = streamlined(text, "x", PLAIN)
    assert after.splitlines()[1] == '    "a": "first // no comment\\n  second \\"quoted\\"",  // beside'
    assert parse_text(after, "x") == parse_text(text, "x")


def test_an_object_without_brackets_and_sorted_keys() -> None:
    assert streamlined("b: 1\na: [2, 1] // two\n", "x.hjson", Style(sort_keys=True)) == (
        '{\n    "a": [2,1],  // two\n    "b": 1\n}\n'
    )
    assert streamlined('{"b": {"d": 1, "c": 2}, "a": 1}', "x", Style(sort_keys=True)) == '{"a":1,"b":{"c":2,"d":1}}\n'
    # Of a key written twice the last one counts: both stay, in order.
    assert streamlined('{"a": 1, "a": 2}', "x", Style(sort_keys=True)) == '{"a":1,"a":2}\n'
    assert streamlined('["BTC", "ETH"]', "x", PLAIN) == '["BTC","ETH"]\n'


@pytest.mark.parametrize(
    "text", ["{a: '''\n  long\n}", '{"a": }', '{"a": 1', "just words", '{"a": NaN, /* ', "", "\ufeff \n"]
)
def test_what_cannot_be_laid_out_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        streamlined(text, "x", PLAIN)


@pytest.mark.parametrize("path", find_configs(Path("configs")), ids=lambda path: path.name)
def test_shipped_files_mean_the_same_afterwards(path: Path) -> None:
    done = restyle(path, PLAIN)
    assert parse_text(done.after, "x") == parse_text(done.before, "x")

    def comments(text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip().startswith("//")]

    assert comments(done.after) == comments(done.before)


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.hjson"
    one.write_text('{"a":    1}')
    one.chmod(0o640)
    two.write_text("b: 2")
    done = [restyle(path, PLAIN) for path in find_configs(tmp_path)]
    two.write_text("b: 3")
    with pytest.raises(StateError, match="changed meanwhile"):
        write_all(done)
    assert (one.read_text(), two.read_text()) == ('{"a":    1}', "b: 3")
    write_all([restyle(path, PLAIN) for path in find_configs(tmp_path)])
    assert (one.read_text(), two.read_text()) == ('{"a":1}\n', '{"b":3}\n')
    assert one.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "two.hjson"]


def test_a_link_and_the_file_it_leads_to_are_one(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    for name in ("a.json", "c.json"):
        (folder / name).write_text('{"a":    1}')
    (folder / "b.json").symlink_to("c.json")
    (folder / "away.json").symlink_to("../away.json")
    (tmp_path / "away.json").write_text('{"b":    2}')
    assert [path.name for path in find_configs(folder)] == ["a.json", "away.json", "c.json"]
    write_all([restyle(path, PLAIN) for path in find_configs(folder)])
    assert (folder / "b.json").is_symlink()
    assert (folder / "b.json").read_text() == '{"a":1}\n'
    assert (tmp_path / "away.json").read_text() == '{"b":2}\n'
