"""Backtests: from a config to a result folder."""
