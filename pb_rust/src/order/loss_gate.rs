//! Judging whether a close would realise too much loss (orchestrator.md 3.9, orders.md 5.6).

use crate::money::pnl;
use crate::types::{Order, Position, Side};

const EPSILON: f64 = 1e-12;

/// Limits of one decision step; amounts in quote, `pct` the fraction below the peak that may be lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossGate {
    balance: f64,
    pub peak: f64,
    pub floor: f64,
    pub pct: f64,
}

/// What filling a refused close would lead to, in quote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProjectedLoss {
    pub projected_pnl: f64,
    pub balance_after: f64,
}

impl LossGate {
    /// None when the gate is off: limit not below 1, or numbers that no floor can be drawn from.
    pub fn new(balance: f64, max_realized_loss_pct: f64, cum_max: f64, cum_last: f64) -> Option<LossGate> {
        let limited = max_realized_loss_pct.is_finite() && max_realized_loss_pct < 1.0;
        let sane = balance.is_finite() && balance > 0.0 && cum_max.is_finite() && cum_last.is_finite();
        let peak = balance + (cum_max - cum_last);
        if !limited || !sane || !peak.is_finite() || peak <= 0.0 {
            return None;
        }
        let pct = max_realized_loss_pct.max(0.0);
        Some(LossGate { balance, peak, floor: peak * (1.0 - pct), pct })
    }

    /// The projected loss when the close must be held back; each close is judged alone, panic always passes.
    pub fn check(&self, side: Side, position: &Position, order: &Order, c_mult: f64) -> Option<ProjectedLoss> {
        if order.order_type.is_panic() {
            return None;
        }
        let projected_pnl = projected_pnl(side, position, order, c_mult)?;
        let balance_after = self.balance + projected_pnl;
        let blocked = projected_pnl < 0.0 && balance_after < self.floor - EPSILON;
        blocked.then_some(ProjectedLoss { projected_pnl, balance_after })
    }
}

/// Pnl of the part of the order that the position covers; None when it cannot be told.
fn projected_pnl(side: Side, position: &Position, order: &Order, c_mult: f64) -> Option<f64> {
    let positive = |x: f64| x.is_finite() && x > 0.0;
    if !positive(order.price) || !positive(position.price) || !positive(c_mult) {
        return None;
    }
    let size = side.pick(position.size.max(0.0), position.size.abs());
    let qty = order.qty.abs().min(size);
    let closing = order.qty * side.sign() < 0.0;
    if !closing || size <= EPSILON || qty <= EPSILON {
        return None;
    }
    Some(pnl(side, position.price, order.price, qty, c_mult))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::OrderType;

    fn close(qty: f64, price: f64, order_type: OrderType) -> Order {
        Order::new(qty, price, order_type)
    }

    #[test]
    fn is_off_where_no_floor_can_be_drawn() {
        for (balance, pct, cum_max) in
            [(100.0, 1.0, 0.0), (0.0, 0.1, 0.0), (100.0, f64::NAN, 0.0), (100.0, 0.1, f64::NAN)]
        {
            assert_eq!(LossGate::new(balance, pct, cum_max, 0.0), None);
        }
        assert_eq!(LossGate::new(100.0, 0.1, -200.0, 0.0), None);
    }

    #[test]
    fn blocks_only_what_would_fall_below_the_floor() {
        let gate = LossGate::new(1000.0, 0.01, 0.0, 0.0).expect("on");
        let held = Position { size: 1.0, price: 100.0 };
        let kind = OrderType::CloseUnstuckLong;
        assert_eq!(gate.check(Side::Long, &held, &close(-1.0, 95.0, kind), 1.0), None);
        let loss = gate.check(Side::Long, &held, &close(-5.0, 80.0, kind), 1.0).expect("blocked");
        assert_eq!((loss.projected_pnl, loss.balance_after), (-20.0, 980.0));
        assert_eq!(gate.check(Side::Long, &held, &close(-1.0, 80.0, OrderType::ClosePanicLong), 1.0), None);
        assert_eq!(gate.check(Side::Long, &held, &close(1.0, 80.0, kind), 1.0), None);
    }
}
