"""Facts a live start is checked against (design: Safety)."""

from __future__ import annotations

from typing import Any

from pbtui.config.model import Config
from pbtui.config.pipeline import omitted_sides
from pbtui.config.schema import KEYS
from pbtui.core.record import record
from pbtui.core.types import PSIDES


@record
class Omission:
    """A key that is not written down although its default raises risk."""

    key: str
    value: Any
    why: str

    def text(self) -> str:
        """Return the omission as one line."""
        return f"{self.key} is not written down: {self.why}"


def risk_omissions(config: Config) -> list[Omission]:
    """Return what a live start on real money must refuse without `--accept-built-in-defaults`."""
    omissions: list[Omission] = []
    whole = omitted_sides(config.origins, config.data)
    for pside in PSIDES:
        limit_key = f"bot.{pside}.total_wallet_exposure_limit"
        limit = config.get(limit_key)
        slots = config.get(f"bot.{pside}.n_positions")
        if pside in whole:
            why = f"the side trades with a total exposure limit of {limit:g} × balance"
            omissions.append(Omission(f"bot.{pside}", None, why))
        elif not config.origin(limit_key).written and limit > 0 and slots > 0:
            omissions.append(Omission(limit_key, limit, f"{limit:g} × balance applies"))
    for name, why in (
        ("live.market_orders_allowed", "market orders are allowed"),
        ("live.max_realized_loss_pct", "no gate limits realised losses"),
    ):
        value = config.get(name)
        if KEYS[name].raises_risk and not config.origin(name).written:
            omissions.append(Omission(name, value, why))
    return omissions


def needs_loss_gate_ack(config: Config) -> bool:
    """Whether `max_realized_loss_pct` is 0 or less: Passivbot reads that as off in live, here it blocks every loss."""
    return float(config.live.max_realized_loss_pct) <= 0.0
