"""The declarations rendered as a template file and as a reference page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pbtui.config.dump import dump
from pbtui.config.flags import flags_of
from pbtui.config.keys import Key
from pbtui.config.schema import KEYS, Command, shipped_config

_INTRO = """# Configuration keys

Made by `scripts/gen-docs` from the declarations in `pbtui/config/schema_*.py`; do not edit.

**Template** is the value in `configs/template.json`, **built-in** fills a key that a file omits (both as Passivbot v7).
Keys marked ✚ are ours. Keys marked ⚠ raise risk when omitted: a live start wants them written down.
Keys marked ⟳ need a restart: a running bot cannot take a new value over.
Used by: L live, B backtest, O optimiser. Flags are listed for the first of live, backtest, optimise that has them.
"""
_TITLES = {
    ("backtest",): "backtest",
    ("bot", "long"): "bot.long",
    ("bot", "short"): "bot.short",
    ("live",): "live",
    ("logging",): "logging",
    ("optimize",): "optimize",
    ("optimize", "bounds"): "optimize.bounds",
    ("optimize", "validation"): "optimize.validation",
}
_COMMANDS: tuple[Command, ...] = ("live", "backtest", "optimize")
_LONGEST_VALUE = 40


def template_text() -> str:
    """Return the text of `configs/template.json`: every key with its shipped value."""
    return dump(shipped_config())


def keys_markdown() -> str:
    """Return the reference page of all keys."""
    short = _short_flags()
    parts = [_INTRO]
    for section, title in _TITLES.items():
        rows = list(_rows([item for item in KEYS.values() if item.path[:-1] == section], short))
        parts.append(f"## {title}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _rows(keys: list[Key], short: dict[str, str]) -> Iterator[str]:
    yield "| Key | Flag | Template | Built-in | Allowed | Unit | Used by | Meaning |"
    yield "|---|---|---|---|---|---|---|---|"
    for item in keys:
        marks = (" ✚" if item.ours else "") + (" ⚠" if item.raises_risk else "") + (" ⟳" if item.restart else "")
        flag = short.get(item.name, "")
        cells = (
            f"`{item.path[-1]}`{marks}",
            f"`{flag}`" if flag else "—",
            _cell(item.shipped),
            _cell(item.built_in),
            _escape(item.allowed_text),
            _escape(item.unit) or "—",
            item.used_by or "—",
            _escape(item.doc),
        )
        yield f"| {' | '.join(cells)} |"


def _short_flags() -> dict[str, str]:
    found: dict[str, str] = {}
    for command in _COMMANDS:
        for flag in flags_of(command):
            found.setdefault(flag.key.name, flag.spellings[0])
    return found


def _cell(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if len(text) <= _LONGEST_VALUE else "see `configs/template.json`"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
