"""`pbtui tool`: helpers around configurations, candles and results."""
