"""The page of all reasons, rendered from their sentences."""

from __future__ import annotations

from pbtui.console.why.sentences import KEEPS, MAKES, TELLS, Sentence

_HEAD = """# Why there is an order, and why there is none

Made by `scripts/gen-docs` from the sentences in `pbtui/console/why/sentences.py`; do not edit.

The coin screen (`enter` on a row) and `pbtui why USER COIN` tell, for each side of a coin, which orders exist and why,
and what keeps others away. The reasons come from the rules that make the orders, while they decide; nothing is worked
out a second time. With `--json` each line carries its code and its numbers: `*_pct` are fractions, ranks count from 1.

Words in braces are filled in: `{where}` is the order's price and how far away it is, `{order}` its kind and price.
"""


def why_markdown() -> str:
    """Return the text of `docs/why.md`."""
    parts = (
        ("Orders that exist", MAKES),
        ("How far something has come", TELLS),
        ("What keeps an order away", KEEPS),
    )
    return "\n".join([_HEAD, *(_table(title, sentences) for title, sentences in parts)])


def _table(title: str, sentences: dict[str, Sentence]) -> str:
    rows = [f"| `{code}` | {one.text} | {one.meaning} |" for code, one in sentences.items()]
    return "\n".join([f"## {title}\n", "| Code | It says | It means |", "|---|---|---|", *rows, ""])
