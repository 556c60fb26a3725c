"""The builtin stages, and the workers behind them that touch network, files and archives."""
