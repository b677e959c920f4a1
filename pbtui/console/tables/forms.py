"""A form as a list: its fields, and what they hold."""

from __future__ import annotations

from pbtui.console.asking import ConfigForm, Field
from pbtui.console.numbers import NOTHING
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Cell, Column, Row, cell

FORM_COLUMNS: tuple[Column, ...] = (Column("field", "field"), Column("value", "value", least=12))


def form_rows(form: ConfigForm) -> list[Row]:
    """Return the fields: what was typed, else (quietly) what the config says."""
    return [Row(each.id, (cell(each.title, "dim"), _value(form, each))) for each in form.fields]


def _value(form: ConfigForm, each: Field) -> Cell:
    if each.id == "config":
        if form.problem:
            return cell(f"✗ {form.name or 'template'}", "bad")
        return cell(form.name or "the shipped template", "accent" if form.name else "dim")
    typed = form.typed.get(each.id, "")
    if typed:
        return cell(safe(typed, 120), "strong")
    told = form.told.get(each.id, "reading…" if form.reading else NOTHING)
    return cell(safe(told, 120), "dim")
