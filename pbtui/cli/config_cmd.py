"""`pbtui config`: check, show, compare and migrate configurations, and list the declared keys."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pbtui.config.diff import ABSENT, differences, leaves
from pbtui.config.dump import dump, write_config
from pbtui.config.errors import InvalidConfig, SyntaxFault
from pbtui.config.flags import add_config_flags, flag_values, flags_of, prepare_argv
from pbtui.config.keys import Key
from pbtui.config.model import Config
from pbtui.config.pipeline import check, load
from pbtui.config.safety import risk_omissions
from pbtui.config.schema import KEYS, Command, nearest_key
from pbtui.core.errors import ConfigError, ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line

_COMMANDS: tuple[Command, ...] = ("live", "backtest", "optimize")


def main(argv: list[str]) -> int:
    """Run `pbtui config …`; returns the exit code. Data go to stdout, narration to stderr."""
    try:
        options = _parser().parse_args(prepare_argv(argv))
    except SystemExit as stop:
        return int(stop.code or 0)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
    except PbtuiError as error:
        return _fail(error, options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line: the usage of some two hundred flags would bury it."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, sanitize_line(f"{self.prog}: {message} (see {self.prog} --help)", limit=600) + "\n")


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object")
    common.add_argument("--base-dir", type=Path, default=Path(), help="folder relative coin files are looked up in")
    parser = _Parser(prog="pbtui config", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="check|show|diff|migrate|keys")

    one = commands.add_parser("check", parents=[common], help="load a file strictly and name everything wrong with it")
    one.add_argument("config", nargs="?", type=Path, help="default: the shipped template")
    one.set_defaults(run=_check)

    one = commands.add_parser("show", parents=[common], help="effective values with default and origin")
    one.add_argument("config", nargs="?", type=Path, help="default: the shipped template")
    one.add_argument("--keys", default="*", metavar="PATTERN", help="only keys like this, as in 'live.*'")
    one.add_argument("--changed", action="store_true", help="only values that differ from the built-in default")
    add_config_flags(one, "live", reserved={"--json", "--keys"})
    one.set_defaults(run=_show)

    one = commands.add_parser(
        "diff", parents=[common], help="what differs between two files, or a file and the template"
    )
    one.add_argument("first", type=Path, metavar="A")
    one.add_argument("second", nargs="?", type=Path, metavar="B", help="default: the shipped template")
    one.set_defaults(run=_diff)

    one = commands.add_parser("migrate", parents=[common], help="write a file in the current format")
    one.add_argument("config", type=Path)
    one.add_argument("-o", "--output", type=Path, help="file to write; default: standard output")
    one.set_defaults(run=_migrate)

    one = commands.add_parser("keys", parents=[common], help="list the declared keys")
    one.add_argument("pattern", nargs="?", default="*", help="only keys like this, as in '*span*'")
    one.set_defaults(run=_keys)
    return parser


def _check(options: argparse.Namespace) -> int:
    config = check(options.config, base_dir=options.base_dir)
    omissions = [omission.text() for omission in risk_omissions(config)]
    if options.json:
        report = {"file": config.name, "ok": True, "layout": config.flavour, "hash": config.hash, "problems": []}
        _print_json({**report, "warnings": list(config.warnings), "omissions": omissions, "changes": _changes(config)})
        return ExitCode.OK
    _narrate(config.warnings, "warning")
    _narrate(omissions, "a live start will ask")
    changes = f", {len(config.changes)} changes by migration" if config.changes else ""
    _out(f"{config.name}: ok ({config.flavour} layout{changes}, {len(config.warnings)} warnings)")
    return ExitCode.OK


def _show(options: argparse.Namespace) -> int:
    config = load(options.config, flags=flag_values(options), base_dir=options.base_dir)
    rows = [_row(config, name, value) for name, value in leaves(config.data)]
    rows = [row for row in rows if _matches(row["key"], options.keys)]
    if options.changed:
        rows = [row for row in rows if row["value"] != row["default"]]
    if options.json:
        _print_json({"file": config.name, "hash": config.hash, "warnings": list(config.warnings), "values": rows})
        return ExitCode.OK
    _narrate(config.warnings, "warning")
    section = ""
    for row in rows:
        head, _, leaf = str(row["key"]).rpartition(".")
        if head != section:
            section = head
            _out(f"{head}:")
        mark = "" if row["value"] == row["default"] else f"  (default {_compact(row['default'])})"
        _out(f"  {leaf:<44} {_compact(row['value']):<28} {row['origin']}{mark}")
    return ExitCode.OK


def _diff(options: argparse.Namespace) -> int:
    first = load(options.first, base_dir=options.base_dir)
    second = load(options.second, base_dir=options.base_dir)
    found = differences(first.data, second.data)
    if options.json:
        rows = [{"key": item.key, "a": item.left, "b": item.right} for item in found]
        _print_json({"a": first.name, "b": second.name, "differences": rows})
    else:
        for item in found:
            _out(f"{item.key}: {_compact(item.left)} → {_compact(item.right)}")
        _say(f"{len(found)} keys differ between {first.name} and {second.name}")
    return ExitCode.FAILED if found else ExitCode.OK


def _migrate(options: argparse.Namespace) -> int:
    config = check(options.config, base_dir=options.base_dir)
    data = current_format(config)
    if options.output is not None:
        write_config(options.output, data)
    if options.json:
        report = {"file": config.name, "output": str(options.output or ""), "layout": config.flavour}
        _print_json({**report, "changes": _changes(config), "warnings": list(config.warnings), "config": data})
        return ExitCode.OK
    for change in _changes(config):
        _say(change)
    _narrate(config.warnings, "warning")
    if options.output is None:
        sys.stdout.write(dump(data))
    else:
        _say(f"{len(config.changes)} changes; written to {options.output}")
    return ExitCode.OK


def current_format(config: Config) -> dict[str, Any]:
    """Return the values to write for a configuration: today's keys, coin lists as they were written."""
    live = {name: value for name, value in config.data["live"].items() if name != "base_config_path"}
    kept = {name: value for name, value in config.data.items() if not name.startswith("_")}
    return {**kept, "live": {**live, **config.source_values}}


def _keys(options: argparse.Namespace) -> int:
    found = [item for item in KEYS.values() if _matches(item.name, options.pattern)]
    if not found:
        near = nearest_key(str(options.pattern))
        raise ConfigError(f"no key is like {options.pattern}", hint=f"did you mean {near}?" if near else "")
    spellings = {flag.key.name: list(flag.spellings) for command in _COMMANDS for flag in flags_of(command)}
    if options.json:
        _print_json({"keys": [_key_facts(item, spellings.get(item.name, [])) for item in found]})
        return ExitCode.OK
    for item in found:
        unit = f" [{item.unit}]" if item.unit else ""
        flag = spellings.get(item.name, [""])[0]
        _out(f"{item.name}{unit}  {flag}")
        _out(f"    {item.doc}")
        _out(f"    {item.allowed_text}; template {_compact(item.shipped)}, built-in {_compact(item.built_in)}")
    return ExitCode.OK


def _key_facts(item: Key, spellings: list[str]) -> dict[str, Any]:
    return {
        "key": item.name,
        "type": item.kind,
        "unit": item.unit,
        "doc": item.doc,
        "allowed": item.allowed_text,
        "shipped": item.shipped,
        "built_in": item.built_in,
        "used_by": item.used_by,
        "needs_restart": item.restart,
        "raises_risk": item.raises_risk,
        "ours": item.ours,
        "flags": spellings,
    }


def _row(config: Config, name: str, value: Any) -> dict[str, Any]:
    declared = KEYS.get(name)
    origin = config.origin(name)
    default = declared.built_in if declared is not None else None
    if name.startswith("coin_overrides."):
        _, coin, *rest = name.split(".")
        found = config.coin_overrides.get(coin)
        origin = found.origins.get(".".join(rest), origin) if found is not None else origin
        default = config.get(".".join(rest))  # what applies to the other coins
    return {"key": name, "value": value, "default": default, "origin": str(origin)}


def _matches(name: object, pattern: str) -> bool:
    text = str(name)
    return fnmatch.fnmatchcase(text, pattern) or pattern in text


def _changes(config: Config) -> list[str]:
    return [change.text() for change in config.changes]


def _fail(error: PbtuiError, options: argparse.Namespace) -> int:
    if options.json:
        problems = [{"key": "", "wrong": error.line(), "allowed": ""}]
        if isinstance(error, InvalidConfig):
            problems = [{"key": item.key, "wrong": item.wrong, "allowed": item.allowed} for item in error.problems]
        place = {"line": error.line_number, "column": error.column} if isinstance(error, SyntaxFault) else {}
        _print_json({"ok": False, "error": error.line(), "problems": problems, **place})
    if isinstance(error, InvalidConfig) and options.run is _check:
        for problem in error.problems:
            _say(f"{error.source}: {problem.text()}")
    else:
        _say(error.line())
    return int(error.exit_code)


def _compact(value: Any) -> str:
    if value == ABSENT:
        return ABSENT
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= 100 else f"{text[:97]}..."


def _out(line: str) -> None:
    print(sanitize_line(line, limit=2_000) if not line.startswith(" ") else "  " + _aligned(line))


def _aligned(line: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in line.strip())


def _say(line: str) -> None:
    print(sanitize_line(line, limit=2_000), file=sys.stderr)


def _narrate(lines: Iterable[str] | Sequence[str], label: str) -> None:
    for line in lines:
        _say(f"{label}: {line}")


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, default=list))
