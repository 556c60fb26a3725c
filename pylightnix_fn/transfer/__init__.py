"""Closures on their way from store to store: as one archive, or without a file between them."""
