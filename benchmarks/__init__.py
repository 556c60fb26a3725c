"""Benchmarks: this library, its peers and the least that Python can do, alternately in one run."""
