"""Realizers made of realizers: values that keep the types, and the names, of what they wrap."""
