"""Candles and market limits from places other than a venue's own API: recordings and seeded inventions."""
