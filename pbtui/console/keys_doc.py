"""The page of all keys, rendered from the registry of actions."""

from __future__ import annotations

from pbtui.console.actions import ACTIONS, EVERYWHERE, ConsoleAction, Danger, key_label

_HEAD = """# Keys

Made by `scripts/gen-docs` from the registry in `pbtui/console/actions.py`; do not edit.

**Ritual** is what stands between the key and its effect. Keys without a note on screens work everywhere.
The **id** is what `:` takes, and what [keys of your own](own-keys.md) are given to.
"""
_RITUALS = {
    Danger.VIEW: "",
    Danger.REVERSIBLE: "at once",
    Danger.ORDERS: "dialog, letter `y`",
    Danger.COSTS: "preview, type the coin",
    Danger.ACCOUNT: "preview, type `PANIC`, countdown",
}


def keys_markdown() -> str:
    """Return the text of `docs/keys.md`."""
    groups = dict.fromkeys(action.group for action in ACTIONS)
    return "\n".join([_HEAD, *(_table(group) for group in groups)])


def _table(group: str) -> str:
    rows = [_row(action) for action in ACTIONS if action.group == group]
    return "\n".join([f"## {group}\n", "| Key | Does | Screens | Ritual | Id |", "|---|---|---|---|---|", *rows, ""])


def _row(action: ConsoleAction) -> str:
    keys = " ".join(f"`{key_label(key)}`" for key in action.default_keys)
    places = "" if action.places == EVERYWHERE else ", ".join(sorted(action.places))
    ritual = _RITUALS[action.danger] or (_RITUALS[Danger.ORDERS] if action.asks else "")
    return f"| {keys} | {action.help} | {places} | {ritual} | `{action.id}` |"
