"""Runs rows of `orchestrator.jsonl.gz`: the document handed over as text, answer or refusal compared."""

from __future__ import annotations

import json
from typing import Any

from pbtui.engine import OrchestratorError, compute_ideal_orders_json

from .support import NotUnderstood, Row, difference

ERROR_KEYS = {"symbol_idx": "symbol_idx", "pos": "pos", "field": "field", "name": "field"}


def _refusal(row: Row, error: OrchestratorError) -> str | None:
    wanted = row.get("error")
    if wanted is None:
        return f"refused: {error}"
    ours: dict[str, Any] = {"stage": error.stage, "kind": error.kind}
    ours |= {key: getattr(error, ERROR_KEYS[key]) for key in wanted if key in ERROR_KEYS}
    return None if ours == wanted else f"refused as {ours} instead of {wanted}"


def problem(row: Row) -> str | None:
    """Return what differs from the recorded outcome, if anything."""
    unknown = row.keys() - {"id", "family", "in", "in_text", "out", "error", "note", "knife_edge"}
    if unknown or ("in" in row) == ("in_text" in row) or ("out" in row) == ("error" in row):
        raise NotUnderstood(sorted(row))
    text = row["in_text"] if "in_text" in row else json.dumps(row["in"])
    try:
        answer = compute_ideal_orders_json(text)
    except OrchestratorError as error:
        return _refusal(row, error)
    if "out" not in row:
        return f"answered instead of refusing with {row['error']}"
    return difference(row["out"], json.loads(answer))


def group(row: Row) -> str:
    """Return the family that a row is reported under."""
    return row["family"]
