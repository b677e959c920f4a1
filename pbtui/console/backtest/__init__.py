"""What the backtest screen knows and does; runs are processes of their own, reading happens in threads."""
