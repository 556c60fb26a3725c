"""Retention: what garbage collection keeps of a store, and what it may remove."""
