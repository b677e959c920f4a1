"""`pbtui tool streamline`: show what laying out files anew would change, or do it."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from pbtui.cli.candles_cmd import show_json
from pbtui.cli.narrate import say
from pbtui.config.streamline import Restyled, Style, find_configs, restyle, write_all
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line, sanitize_text


def run(options: argparse.Namespace) -> int:
    """Exit 0 when all is done or nothing is to do, 1 when changes were shown only or a file was left alone."""
    if not 0 <= options.indent <= 16:
        raise ConfigError(f"--indent {options.indent} is no usable number", hint="allowed: 0 to 16")
    style = Style(options.max_inline, options.indent, options.sort_keys)
    place: Path = options.place
    good: list[Restyled] = []
    broken: list[str] = []
    for path in find_configs(place):
        try:
            good.append(restyle(path, style))
        except ConfigError as error:
            if path == place:
                raise
            broken.append(error.line())
    changed = [each for each in good if each.after != each.before]
    for line in broken:
        say(f"pbtui: left alone: {line}")
    if options.apply:
        write_all(changed)
    for each in changed:
        _tell(each, options)
    same = len(good) - len(changed)
    done = "written" if options.apply else "would change: --apply writes them" if changed else "would change"
    say(f"{len(changed)} files {done}; {same} are laid out so already")
    return ExitCode.FAILED if broken or (changed and not options.apply) else ExitCode.OK


def _tell(each: Restyled, options: argparse.Namespace) -> None:
    name = sanitize_line(each.path, limit=500)
    if options.json:
        show_json({"file": name, "applied": options.apply, "text": each.after})
    elif options.apply:
        print(f"{name}: laid out anew")
    else:
        before, after = each.before.splitlines(), each.after.splitlines()
        for line in difflib.unified_diff(before, after, name, f"{name} (new)", n=1, lineterm=""):
            print(sanitize_text(line, limit=2_000).replace("\n", " "))
