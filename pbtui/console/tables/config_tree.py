"""The tree of a configuration: sections that fold, a row for every key, what is to be said beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pbtui.console.actions import label_of
from pbtui.console.config.view import RISK_INKS, RISK_NOTES, ConfigView
from pbtui.console.state import ViewState
from pbtui.console.tables.select import matches
from pbtui.console.text import Span, safe
from pbtui.console.widgets.columns import Cell, Column, Row, Rows, cell
from pbtui.core.record import record
from pbtui.core.snapshot import ConfigChange, ConfigRow, ModeRow

_KEY_ROOM = 45  # the longest parameter with its indent: keys differ in their last letters, so they are not cut
COLUMNS: tuple[Column, ...] = (
    Column("key", "key", least=_KEY_ROOM),
    Column("value", "value", ">", least=8),
    Column("default", "default", ">", rank=3, least=6),
    Column("from", "from", rank=2, least=8),
    Column("note", "note", rank=1, least=12),
)
CARD_COLUMNS = (Column("key", "key", least=26), *COLUMNS[1:])
BY_HAND = "forced by hand"
FAULTS = "faults of the file"
_ORDER = (FAULTS, "bot.long", "bot.short", "live", BY_HAND, "coin_overrides", "logging")
_SHORT = {"built-in default": "built-in", "computed default": "computed", "default of pbtui": "pbtui"}
_GROUP = "group:"


@record
class Leaf:
    """One key as it is shown."""

    path: str
    group: str
    name: str
    row: ConfigRow
    faults: tuple[str, ...] = ()
    change: ConfigChange | None = None  # what a reload would make of it

    @property
    def told(self) -> bool:
        """Tell whether something is said beside it."""
        return bool(self.faults or self.change or self.row.notes)

    def words(self) -> Mapping[str, str]:
        """Return what a filter can look for."""
        notes = " ".join((*self.faults, *self.row.notes, "on disk" if self.change else ""))
        row = self.row
        return {"key": self.path, "value": row.value, "default": row.default, "from": row.origin, "note": notes}


def group_key(group: str) -> str:
    """Return the row key of a section."""
    return _GROUP + group


def group_of(key: object) -> str | None:
    """Return the section a row key stands for, None for a key's row."""
    return key.removeprefix(_GROUP) if isinstance(key, str) and key.startswith(_GROUP) else None


def leaves_of(state: ViewState) -> list[Leaf]:
    """Return every key there is, those of one section together, the sections in order of use."""
    view = state.config
    faults: dict[str, list[str]] = {}
    for problem in view.wrong():
        faults.setdefault(problem.path, []).append(problem.text)
    changes = {change.path: change for change in (view.preview.changes if view.preview is not None else ())}
    found: list[Leaf] = []
    for row in view.facts.rows if view.facts is not None else ():
        if row.path == "coin_overrides" and not faults.get(row.path):
            continue  # none
        group, name = place_of(row.path)
        found.append(Leaf(row.path, group, name, row, tuple(faults.pop(row.path, ())), changes.pop(row.path, None)))
    found += [_new(change) for change in changes.values()]
    found += [_fault(path, texts) for path, texts in faults.items()]
    if view.file is None and state.snapshot is not None:
        found += [_by_hand(row) for row in state.snapshot.modes if row.hand]
    return sorted(found, key=lambda leaf: (_rank(leaf.group), leaf.group))


def place_of(path: str) -> tuple[str, str]:
    """Return the section of a dotted key, and its name there."""
    from pbtui.config.overrides import split_override

    override = split_override(path)
    if override is not None:
        return f"coin_overrides.{override[0]}", override[1]
    group, _, name = path.rpartition(".")
    return (group, name) if group else (path, path)


def _rank(group: str) -> int:
    known = "coin_overrides" if group.startswith("coin_overrides") else group
    return _ORDER.index(known) if known in _ORDER else len(_ORDER)


def _new(change: ConfigChange) -> Leaf:
    """A key that only the file on disk has."""
    group, name = place_of(change.path)
    return Leaf(change.path, group, name, ConfigRow(change.path, "", "", "not in use"), change=change)


def _fault(path: str, texts: list[str]) -> Leaf:
    return Leaf(f"fault:{path}", FAULTS, path or "file", ConfigRow(path, "", "", "file on disk"), tuple(texts))


def _by_hand(row: ModeRow) -> Leaf:
    name = f"{safe(row.coin, 20)} {row.pside}"
    return Leaf(
        f"hand:{row.symbol}:{row.pside}",
        BY_HAND,
        name,
        ConfigRow(name, row.hand, row.configured, "by hand", safe(row.set_by, 40), changed=True),
    )


def kept(state: ViewState) -> list[Leaf]:
    """Return the keys that pass filter and choice."""
    view, wanted = state.config, state.filters.get("config", "")
    found = leaves_of(state)
    if view.only_changed:
        found = [leaf for leaf in found if leaf.row.changed or leaf.told]
    return [leaf for leaf in found if matches(leaf.words(), wanted)] if wanted.strip() else found


def rows(state: ViewState) -> Rows:
    """Return the rows: sections and, where they are unfolded, their keys. A filter unfolds all."""
    view, wanted = state.config, state.filters.get("config", "").strip()
    sections: dict[str, list[Leaf]] = {}
    for leaf in kept(state):
        sections.setdefault(leaf.group, []).append(leaf)
    nodes: list[Leaf | tuple[str, list[Leaf], bool]] = []
    for group, leaves in sections.items():
        shut = group in view.folded and not wanted
        nodes.append((group, leaves, shut))
        nodes += [] if shut else leaves
    keys = [group_key(node[0]) if isinstance(node, tuple) else node.path for node in nodes]

    def make(index: int) -> Row:
        node = nodes[index]
        cells = _section(*node) if isinstance(node, tuple) else _key(node)
        return Row(keys[index], cells)

    return Rows(keys, make)


def _section(group: str, leaves: list[Leaf], shut: bool) -> tuple[Cell, ...]:
    sign = "▸" if shut else "▾"
    changed = sum(leaf.row.changed for leaf in leaves)
    head: Cell = ((f"{sign} ", "accent"), (safe(group, 60), "strong"))
    count = cell(f"{len(leaves)} key{'s' * (len(leaves) != 1)}", "dim")
    return head, count, cell(""), cell(f"{changed} changed" if changed else "", "dim"), _told(leaves)


def _told(leaves: Iterable[Leaf]) -> Cell:
    """Return how much is said beside the keys of a section."""
    spans: list[Span] = []
    leaves = list(leaves)
    for count, text, ink in (
        (sum(len(leaf.faults) for leaf in leaves), "✗", "bad"),
        (sum(leaf.change is not None for leaf in leaves), "on disk", "accent"),
        (sum(len(leaf.row.notes) for leaf in leaves), "⚠", "warn"),
    ):
        if count:
            spans.append((f"{'  ' if spans else ''}{count} {text}", ink))
    return tuple(spans) or cell("")


def _key(leaf: Leaf) -> tuple[Cell, ...]:
    row = leaf.row
    ink = "text" if row.changed else "dim"
    quiet = row.default if row.changed else "="
    return (
        cell(f"  {safe(leaf.name, 80)}", "strong" if row.changed else "text"),
        cell(safe(row.value, 200), ink),
        cell(safe(quiet, 200) if row.default else "", "dim"),
        cell(_SHORT.get(row.origin, safe(row.origin, 40)), "dim"),
        note_of(leaf),
    )


def note_of(leaf: Leaf) -> Cell:
    """Return what is most worth saying beside a key."""
    if leaf.faults:
        return (("✗ ", "bad"), (safe(leaf.faults[0], 300), "bad"))
    change = leaf.change
    if change is not None:
        # The value comes last: a figure is shown whole or not at all.
        spans: list[Span] = [(f"{RISK_NOTES[change.risk]}: ", RISK_INKS[change.risk])] if change.risk else []
        if change.needs_restart:
            spans.append(("needs a restart: ", "warn"))
        spans += [("on disk ", "dim"), (safe(change.new, 60), "accent")]
        return tuple(spans)
    return (("⚠ ", "warn"), (safe(leaf.row.notes[0], 300), "text")) if leaf.row.notes else cell("")


def title(view: ConfigView, wanted: str, shown: str) -> str:
    """Return what is looked at, and what narrows it; `shown` is the file as short as it can be told."""
    source = "the bot's" if view.file is None else "a file"
    parts = [f"Config: {source}", safe(shown, 80)]
    if view.preview is not None and view.preview.changes:
        count = len(view.preview.changes)
        parts.append(f"{count} key{'s' * (count != 1)} differ{'s' * (count == 1)} on disk")
    if view.only_changed:
        parts.append("changed only")
    if wanted.strip():
        parts.append(f"/{safe(wanted, 40)}")
    return " · ".join(part for part in parts if part)


def empty_words(state: ViewState) -> tuple[str, ...]:
    """Return what stands in an empty tree."""
    view = state.config
    if view.reading and view.facts is None:
        return ("reading the config…",)
    if view.trouble():
        return (view.trouble(), "", _hint("config.file", "look at another file"), _hint("config.edit", "edit this one"))
    if state.filters.get("config", "").strip() or view.only_changed:
        return (
            "no such key",
            "",
            _hint("back", "clears the filter"),
            _hint("config.changed", "shows unchanged keys too"),
        )
    return (
        "nothing to show",
        "",
        _hint("config.file", "look at a file"),
        _hint("config.bot", "look at what the bot runs on"),
    )


def _hint(action_id: str, text: str) -> str:
    return f"{label_of(action_id):<4}{text}"
