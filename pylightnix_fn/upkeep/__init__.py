"""Keeping a store in order: collecting, verifying, mending, measuring."""
