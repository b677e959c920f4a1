"""All that is known of the key under the cursor: its meaning, range, origin, what a change of it takes."""

from __future__ import annotations

from functools import cache

from pbtui.config.effective import value_text
from pbtui.config.keys import Key
from pbtui.config.risk import RISK_WORDS, declaration
from pbtui.console.actions import label_of
from pbtui.console.config.view import RISK_INKS, RISK_NOTES
from pbtui.console.tables.config_tree import BY_HAND, FAULTS, Leaf
from pbtui.console.text import Line, Span, safe

_USERS = {"L": "live", "B": "backtest", "O": "optimize"}
_SECTIONS = {
    BY_HAND: "Modes set by hand; they win over the config until given back to it on the Live screen.",
    FAULTS: "What keeps the file on disk from being used; the bot goes on with what it has.",
    "coin_overrides": "Values for one coin only; the default is what holds for the other coins.",
    "backtest": "Not used by a live bot, but for the exchange's name.",
    "optimize": "Not used by a live bot.",
}


def section_words(group: str, trouble: str) -> list[Line]:
    """Return what is to be said of a section."""
    text = next((words for name, words in _SECTIONS.items() if group.startswith(name)), "")
    lines: list[Line] = [((safe(group, 80), "strong"), (f"  {text}", "dim"))]
    return [*lines, (("✗ ", "bad"), (trouble, "bad"))] if trouble else lines


def key_words(leaf: Leaf) -> list[Line]:
    """Return what is known of a key, most telling first."""
    row = leaf.row
    lines: list[Line] = [_head(leaf)]
    lines += [(("✗ ", "bad"), (safe(text, 600), "bad")) for text in leaf.faults]
    if leaf.change is not None:
        lines.append(_change(leaf))
    lines += [(("⚠ ", "warn"), (safe(text, 600), "text")) for text in row.notes]
    declared = declaration(row.path)
    return [*lines, *_declared(declared)] if declared is not None else lines


def _head(leaf: Leaf) -> Line:
    row = leaf.row
    spans: list[Span] = [(safe(row.path or leaf.name, 120), "strong")]
    if row.value:
        spans += [(" = ", "dim"), (safe(row.value, 400), "accent")]
    spans.append((f"  {safe(f'{row.origin} {row.detail}'.strip(), 300)}", "dim"))
    return tuple(spans)


def _change(leaf: Leaf) -> Line:
    change = leaf.change
    if change is None:
        return ()
    spans: list[Span] = [("on disk: ", "dim"), (safe(change.new, 200), "accent")]
    if change.risk:
        spans.append((f"  {RISK_NOTES[change.risk]}", RISK_INKS[change.risk]))
    spans.append(("  needs a restart" if change.needs_restart else f"  {label_of('bot.reload')} takes it over", "dim"))
    return tuple(spans)


def _declared(key: Key) -> list[Line]:
    unit = f"; unit: {key.unit}" if key.unit else ""
    defaults = f"default {value_text(key.built_in)}, template {value_text(key.shipped)}"
    used = ", ".join(name for letter, name in _USERS.items() if letter in key.used_by)
    takes = "a change needs a restart" if key.restart else "a reload takes a change over"
    facts = [f"used by {used}" if used else "", takes if "L" in key.used_by else "", RISK_WORDS.get(key.risk, "")]
    flag = flag_of(key.name)
    return [
        ((safe(key.doc, 400), "text"),),
        ((safe(f"{key.allowed_text}{unit}; {defaults}", 600), "dim"),),
        ((" · ".join(part for part in (*facts, flag) if part), "dim"),),
    ]


@cache
def _flags() -> dict[str, str]:
    from pbtui.config.flags import flags_of

    return {flag.key.name: " ".join(flag.spellings[:2]) for flag in flags_of("live")}


def flag_of(name: str) -> str:
    """Return the flags of `pbtui` that set a key, empty when there are none."""
    return _flags().get(name, "")
