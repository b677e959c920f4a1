"""How a configuration key is declared: once, as a dataclass field that carries everything known about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, Literal

from pbtui.core.record import record

Kind = Literal[
    "float", "int", "bool", "str", "date", "level", "mode", "coins", "names", "map", "modes_map", "scenarios", "bound",
    "limits", "scoring", "overrides",
]  # fmt: skip
# Which change of a value can cost more: a higher or lower one (in `gate`: 0 or less switches a limit off, in
# `ceiling`: null does), a switch put on or off, more slots, more coins, fewer coins left out, any change at all.
Risk = Literal["", "more", "less", "gate", "ceiling", "on", "off", "slots", "coins", "left_out", "any"]
Path = tuple[str, ...]
DECLARATION = "pbtui"


@record(kw_only=True)
class Key:
    """A declared configuration key; `shipped` is the template's value, `built_in` fills what a file omits.

    `low`/`high` are inclusive limits, `above` an exclusive lower one; `blank` lets an empty text stand for null.
    `soft` limits only warn: the engine gives such values a meaning. `used_by` holds L live, B backtest, O optimise.
    `restart`: a running bot cannot take a new value over. `raises_risk`: leaving the key out raises risk; `risk` says
    which change of its value does.
    """

    path: Path
    kind: Kind
    doc: str
    unit: str = ""
    shipped: Any = None
    built_in: Any = None
    used_by: str = "LBO"
    low: float | None = None
    high: float | None = None
    above: float | None = None
    whole: bool = False
    soft: bool = False
    nullable: bool = False
    blank: bool = False
    choices: tuple[str, ...] = ()
    allowed: str = ""
    restart: bool = False
    raises_risk: bool = False
    risk: Risk = ""
    ours: bool = False
    flag: bool = True

    @property
    def name(self) -> str:
        """Dotted name, as in `live.leverage`."""
        return ".".join(self.path)

    @property
    def allowed_text(self) -> str:
        """What values are allowed, in words."""
        if self.allowed:
            return self.allowed
        parts = [_KIND_TEXT[self.kind]]
        if self.choices:
            parts = ["one of " + ", ".join(choice or '""' for choice in self.choices)]
        if self.whole and self.kind == "float":
            parts = ["a whole number"]
        if self.above is not None:
            parts.append(f"above {self.above:g}")
        if self.low is not None and self.high is not None:
            parts.append(f"from {self.low:g} to {self.high:g}")
        elif self.low is not None:
            parts.append(f"{self.low:g} or more")
        elif self.high is not None:
            parts.append(f"{self.high:g} or less")
        text = " ".join(parts)
        return f"{text}, or null" if self.nullable else text


_KIND_TEXT: dict[Kind, str] = {
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "str": "text",
    "date": "a date (2024, 2024-03, 2024-03-01, 2024-03-01T12:00)",
    "level": "0 warning, 1 info, 2 debug, 3 trace, or the name",
    "mode": '"", normal, manual, graceful_stop, tp_only or panic (or n, m, gs, t, p)',
    "coins": "a list of coins, {long, short}, a comma text, a file path, or empty",
    "names": "a list of names or a comma text",
    "map": "an object coin → exchange",
    "modes_map": "an object metric → mean, max, min, std or median",
    "scenarios": "a list of scenario objects",
    "bound": "a number, [v], [low, high] or [low, high, step]",
    "limits": "a list of limit objects, an object, or a text",
    "scoring": "a list of metric names",
    "overrides": "an object coin → {bot, live, override_config_path}",
}


def key(kind: Kind, doc: str, *, shipped: Any, built_in: Any = MISSING, **facts: Any) -> Any:
    """Declare a settings field; `facts` are further fields of `Key`. `built_in` is `shipped` when left out."""
    declaration = {"kind": kind, "doc": doc, "shipped": shipped, **facts}
    declaration["built_in"] = shipped if built_in is MISSING else built_in
    return field(metadata={DECLARATION: declaration})


def declared(section: Path, settings: type) -> Iterator[Key]:
    """Yield the keys declared by the fields of a settings dataclass, in order."""
    for item in fields(settings):
        facts: Mapping[str, Any] | None = item.metadata.get(DECLARATION)
        if facts is not None:
            yield Key(path=(*section, item.name), **facts)
