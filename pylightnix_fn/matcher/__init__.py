"""Matchers: which of its realizations a derivation stands for."""
