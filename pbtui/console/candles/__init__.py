"""What the candles screen knows and does; the work itself runs in threads of its own."""
