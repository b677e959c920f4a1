"""Candles in and out of the store: files of other programs, and ours."""
