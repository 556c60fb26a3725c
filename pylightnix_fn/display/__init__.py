"""What a driver tells, shown to people while it happens: bars on a terminal, or lines."""
