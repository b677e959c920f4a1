"""A backtest stepped through: what was wanted at each minute, why, and what filled."""
