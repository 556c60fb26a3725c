"""The builtin stages, and the workers behind them that touch the world."""
