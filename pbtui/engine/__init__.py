"""The compiled engine, typed and documented; the only room that opens `pbtui._pb_rust`.

Averages and trailing extremes live in `pbtui.engine.indicators`, coin selection in `pbtui.engine.selection`, sendable
orders and panic in `pbtui.engine.execution`: import them from there.
"""

from __future__ import annotations

from pbtui.engine.build import assert_fresh

# Before anything else opens the compiled module: orders of a stale one would be wrong orders.
assert_fresh()

from pbtui.engine.errors import EngineError, EngineStale, InvalidInput  # noqa: E402
from pbtui.engine.orchestrator import (  # noqa: E402
    IdealOrder,
    IdealPlan,
    OrchestratorError,
    compute_ideal_orders_json,
    decode_plan,
)

__all__ = [
    "EngineError",
    "EngineStale",
    "IdealOrder",
    "IdealPlan",
    "InvalidInput",
    "OrchestratorError",
    "compute_ideal_orders_json",
    "decode_plan",
]
