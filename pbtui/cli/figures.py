"""A snapshot or summary as plain figures, for JSON lines and one-line texts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pbtui.core.snapshot import Snapshot

if TYPE_CHECKING:
    from pbtui.live.bot import Summary


_HEALTH = (
    "tick_took_ms",
    "expected_interval_ms",
    "loop_lag_p50_ms",
    "loop_lag_ms",
    "loop_lag_max_ms",
    "rest_ms",
    "rest_max_ms",
    "clock_skew_ms",
    "candle_age_ms",
    "event_age_ms",
    "rate_used",
    "silent_s",
    "rate_limited_1h",
    "stream",
)


def iso(ms: int) -> str:
    """Return a moment as ISO text in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(found: Snapshot) -> dict[str, Any]:
    """Return what a machine wants to know of a running bot; money in quote, exposures as fractions of the balance."""
    account, money, health = found.account, found.money, found.health
    return {
        "type": "status",
        "user": account.user,
        "exchange": account.exchange,
        "kind": account.kind,
        "badge": account.badge,
        "pid": account.pid,
        "state": health.state,
        "reason": health.reason,
        "time": iso(found.wall_ms),
        "market_time": iso(found.market_ms),
        "tick": health.tick,
        "last_tick_ms": health.last_tick_ms,
        "balance": money.balance,
        "equity": money.equity,
        "upnl": money.upnl,
        "day_pnl": money.day_pnl,
        "pnl": money.realized_pnl,
        "fees": money.fees,
        "fills": money.n_fills,
        "exposure": {row.pside: row.value for row in found.exposure},
        "exposure_limit": {row.pside: row.limit for row in found.exposure},
        "positions": sum(1 for row in found.positions if row.size),
        "orders": sum(1 for row in found.orders if row.state in ("open", "cancel", "foreign")),
        "modes": {f"{row.coin} {row.pside}": row.effective for row in found.modes},
        "hand_modes": {f"{row.coin} {row.pside}": row.hand for row in found.modes if row.hand},
        "errors_1h": health.errors_1h,
        "restarts": health.restarts,
        "rss_mb": health.rss_mb,
        "health": {name: getattr(health, name) for name in _HEALTH},
        "warnings": list(found.warnings),
    }


def summary(found: Summary, *, reason: str, text: str) -> dict[str, Any]:
    """Return the summary object that ends a headless run."""
    figures = asdict(found)
    exposure = {"long": figures.pop("we_long"), "short": figures.pop("we_short")}
    return {
        "type": "summary",
        "reason": reason,
        "text": text,
        **figures,
        "exposure": exposure,
        "orders_sent": found.orders_created,
        "market_start": iso(found.market_start_ms),
        "market_end": iso(found.market_end_ms),
    }


def status_text(found: Snapshot) -> str:
    """Return a running bot in one line for people."""
    account, money, health = found.account, found.money, found.health
    exposure = " ".join(f"{row.pside} {row.value:.2f}/{row.limit:.2f}" for row in found.exposure)
    reason = f" ({health.reason})" if health.reason else ""
    return (
        f"{account.user} {account.badge} {account.exchange} pid {account.pid}: {health.state}{reason}, "
        f"market {iso(found.market_ms)}, balance {money.balance:,.2f} equity {money.equity:,.2f} {account.quote}, "
        f"exposure {exposure or 'none'}, {sum(1 for row in found.positions if row.size)} positions, "
        f"{money.n_fills} fills, tick {health.tick}"
    )


def summary_text(found: Summary) -> str:
    """Return a finished run in one line for people."""
    return (
        f"{found.ticks:,} ticks in {found.elapsed_s:,.1f} s, market {iso(found.market_start_ms)} to "
        f"{iso(found.market_end_ms)}: {found.fills:,} fills, pnl {found.pnl:+,.2f}, fees {found.fees:+,.2f}, "
        f"balance {found.balance:,.2f}, equity {found.equity:,.2f}, exposure long {found.we_long:.3f} short "
        f"{found.we_short:.3f}, {found.positions} positions, "
        f"orders +{found.orders_created:,} -{found.orders_cancelled:,}"
    )


def finite(value: Any) -> Any:
    """Return a JSON value with non-finite figures as null: JSON has no other word for unknown."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    return [finite(part) for part in value] if isinstance(value, list) else value
