"""`pbtui keys`: every action of the console with its id and keys, and a check of a file with keys of your own."""

from __future__ import annotations

import json
from pathlib import Path

from pbtui.cli import parsing
from pbtui.cli.narrate import say
from pbtui.console.actions import ACTIONS, ConsoleAction, Danger, key_label
from pbtui.console.keymap import Keys, load_keys, user_keys_file
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line


def main(argv: list[str]) -> int:
    """Print the keys in force, or check a file; raises ConfigError (exit 2) for a file that cannot be used."""
    if argv[:1] == ["check"]:  # of an account: `keys` may mean these, too
        from pbtui.cli.account_check import main as account

        return account(argv)
    parser = parsing.Parser(prog="pbtui keys", description=__doc__)
    parser.add_argument("--check", type=Path, metavar="FILE", help="say whether a file of keys can be used")
    parsing.add_global_flags(parser)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    file = given.check if given.check is not None else user_keys_file()
    if given.check is not None and not file.exists():
        raise ConfigError(f"no file {sanitize_line(file)}")
    moved = load_keys(file) if file.exists() else {}
    shown = sanitize_line(file, limit=1_000)
    if given.json:
        print(
            json.dumps({"file": shown, "exists": file.exists(), "actions": [_facts(each, moved) for each in ACTIONS]})
        )
    elif given.check is not None:
        print(f"{shown}: ok, {len(moved)} actions moved")
    else:
        _table(moved, shown, file.exists())
    return int(ExitCode.OK)


def _table(moved: Keys, shown: str, exists: bool) -> None:
    wide = max(len(action.id) for action in ACTIONS)
    for action in ACTIONS:
        keys = " ".join(map(key_label, moved.get(action.id, action.default_keys)))
        was = f"  (was {' '.join(map(key_label, action.default_keys))})" if action.id in moved else ""
        print(f"{action.id:<{wide}}  {keys:<12}  {action.help}{was}")
    where = f"{len(moved)} moved by {shown}" if exists else f"no keys of your own: {shown} would hold them"
    say(where)


def _facts(action: ConsoleAction, moved: Keys) -> dict[str, object]:
    return {
        "id": action.id,
        "keys": list(moved.get(action.id, action.default_keys)),
        "default_keys": list(action.default_keys),
        "moved": action.id in moved,
        "verb": action.verb,
        "does": action.help,
        "screens": sorted(action.places),
        "danger": Danger(action.danger).name.lower(),
    }
