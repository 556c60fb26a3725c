"""Bytes of a known checksum, from the network or from a local file."""
