"""Plain functions as stages, for quick work."""
