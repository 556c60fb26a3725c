"""The pipeline with snakemake, from a `Snakefile`; a chain needs more recursion than it allows."""

from __future__ import annotations

import sys
from importlib import import_module

sys.setrecursionlimit(100_000)


def main(folder: str) -> None:
    words = ["-q", "rules", "progress", "-c", "1", "-s", f"{folder}/Snakefile", "-d", folder]
    import_module("snakemake.cli").main(words)


if __name__ == "__main__":
    main(*sys.argv[1:])
