"""One decision step: everything the account should have resting on the venue right now.

The decision itself is Rust's; this file hands the document over and gives its answer and its errors types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from pbtui import _pb_rust
from pbtui.core.record import record
from pbtui.core.types import Pside
from pbtui.engine.errors import EngineError, call

Stage = Literal["parse", "compute"]


class OrchestratorError(EngineError):
    """The decision step refused its input; nothing was decided (orchestrator.md 1.5).

    `stage` is parse or compute. `kind` is, for parse: missing_field, unknown_field, duplicate_field, unknown_variant,
    invalid_type, invalid_value, invalid_length, number_out_of_range or syntax; for compute: InvalidOrderBook,
    MissingEma, NonContiguousSymbolIdx or NonFiniteInput. `field` names the offending key, where there is one.
    """

    def __init__(
        self,
        message: str,
        stage: Stage,
        kind: str,
        field: str | None = None,
        symbol_idx: int | None = None,
        pos: int | None = None,
    ) -> None:
        super().__init__(message)
        self.stage: Stage = stage
        self.kind = kind
        self.field = field
        self.symbol_idx = symbol_idx
        self.pos = pos


def compute_ideal_orders_json(text: str) -> str:
    """Decide all wanted orders: JSON document in, JSON document out, exactly as orchestrator.md section 1 says.

    Pure: no state, no clock. Raises OrchestratorError (a ValueError) for any input that is refused.
    """
    try:
        return _pb_rust.compute_ideal_orders_json(text)
    except UnicodeEncodeError as error:
        message = f"failed to parse OrchestratorInput JSON: text is not Unicode at character {error.start}"
        raise OrchestratorError(message, "parse", "syntax") from None
    except ValueError as error:
        raise OrchestratorError(*error.args) from None


class _OrderRow(msgspec.Struct):
    symbol_idx: int
    pside: Pside
    qty: float | None
    price: float | None
    order_type: str


class _HeldRow(msgspec.Struct):
    symbol_idx: int
    pside: Pside


class _WarningRow(msgspec.Struct):
    disabled_pside_has_position: _HeldRow | None = None
    non_tradable_has_position: _HeldRow | None = None


class _BlockRow(msgspec.Struct):
    symbol_idx: int
    pside: Pside
    order_type: str
    qty: float | None
    price: float | None
    projected_pnl: float | None
    balance_before: float | None
    projected_balance_after: float | None
    balance_peak: float | None
    balance_floor: float | None
    max_realized_loss_pct: float | None


class _DiagnosticsRow(msgspec.Struct):
    warnings: list[_WarningRow]
    loss_gate_blocks: list[_BlockRow]


class _OutputRow(msgspec.Struct):
    orders: list[_OrderRow]
    diagnostics: _DiagnosticsRow


_DECODER = msgspec.json.Decoder(_OutputRow)
_NAN = float("nan")


@record
class IdealOrder:
    """One wanted order; qty is signed (buy +, sell −), price in quote. A number Rust found non-finite is NaN."""

    pside: Pside
    qty: float
    price: float
    order_type: str


@record
class PlanWarning:
    """A held position that needs an operator's eye.

    `kind` is disabled_pside_has_position or non_tradable_has_position.
    """

    kind: str
    symbol: str
    pside: Pside


@record
class LossGateBlock:
    """A close that the realised-loss gate held back; amounts in quote (orchestrator.md section 4)."""

    symbol: str
    pside: Pside
    order_type: str
    qty: float
    price: float
    projected_pnl: float
    balance_before: float
    projected_balance_after: float
    balance_peak: float
    balance_floor: float
    max_realized_loss_pct: float


@record
class IdealPlan:
    """The decoded answer; every symbol handed in has an entry in `orders`, each list in the engine's order."""

    orders: dict[str, list[IdealOrder]]
    warnings: list[PlanWarning]
    loss_gate_blocks: list[LossGateBlock]


def _number(value: float | None) -> float:
    return _NAN if value is None else value


def _warnings(rows: list[_WarningRow], symbols: Sequence[str]) -> list[PlanWarning]:
    found: list[PlanWarning] = []
    for row in rows:
        for kind in ("disabled_pside_has_position", "non_tradable_has_position"):
            held: _HeldRow | None = getattr(row, kind)
            if held is not None:
                found.append(PlanWarning(kind, symbols[held.symbol_idx], held.pside))
    return found


def _block(row: _BlockRow, symbols: Sequence[str]) -> LossGateBlock:
    return LossGateBlock(
        symbol=symbols[row.symbol_idx],
        pside=row.pside,
        order_type=row.order_type,
        qty=_number(row.qty),
        price=_number(row.price),
        projected_pnl=_number(row.projected_pnl),
        balance_before=_number(row.balance_before),
        projected_balance_after=_number(row.projected_balance_after),
        balance_peak=_number(row.balance_peak),
        balance_floor=_number(row.balance_floor),
        max_realized_loss_pct=_number(row.max_realized_loss_pct),
    )


def decode_plan(text: str, symbols: Sequence[str]) -> IdealPlan:
    """Decode the answer of `compute_ideal_orders_json`; `symbols` are the names in the order they were handed in."""
    output = _DECODER.decode(text)
    orders: dict[str, list[IdealOrder]] = {symbol: [] for symbol in symbols}
    for row in output.orders:
        order = IdealOrder(row.pside, _number(row.qty), _number(row.price), row.order_type)
        orders[symbols[row.symbol_idx]].append(order)
    diagnostics = output.diagnostics
    return IdealPlan(
        orders=orders,
        warnings=_warnings(diagnostics.warnings, symbols),
        loss_gate_blocks=[_block(row, symbols) for row in diagnostics.loss_gate_blocks],
    )


def wallet_exposure_limit(
    total_wallet_exposure_limit: float, n_positions: float, override: float | None = None
) -> float:
    """Return the wallet exposure limit of one coin and side, a fraction of the balance, never rounded.

    The coin's own `override` wins unless it is absent, zero or negative; then the side's total limit is divided by
    the configured number of positions (half rounds away from zero; no positions → 0). Source: orchestrator.md section
    6, the backtest's column.
    """
    return call(_pb_rust.wallet_exposure_limit, total_wallet_exposure_limit, n_positions, override)
