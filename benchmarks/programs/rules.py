"""The pipeline as rules of another tool: ``rules <tool> <folder> <shape> <stages>``."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.programs.shapes import ends, shape


def ninja(inputs: list[list[int]]) -> str:
    """A file of builds for ninja."""
    rule = "rule add\n  command = echo $in > $out\n"
    lines = (f"build out/{n}: add {_names(needs)}" for n, needs in enumerate(inputs))
    return rule + "\n".join(lines) + f"\ndefault {_names(ends(inputs))}\n"


def make(inputs: list[list[int]]) -> str:
    """A file of rules for make."""
    lines = (f"out/{n}: {_names(needs)}\n\techo {n} > $@" for n, needs in enumerate(inputs))
    return f"all: {_names(ends(inputs))}\n" + "\n".join(lines) + "\n"


def snakemake(inputs: list[list[int]]) -> str:
    """A file of rules for snakemake; one rule, whose inputs are looked up."""
    wanted = [f"out/{each}" for each in ends(inputs)]
    return (
        f"NEEDS = {inputs}\n"
        f"rule all:\n    input: {wanted}\n"
        "rule add:\n"
        '    input: lambda w: [f"out/{each}" for each in NEEDS[int(w.n)]]\n'
        '    output: "out/{n}"\n'
        '    shell: "echo {wildcards.n} > {output}"\n'
    )


def _names(numbers: list[int]) -> str:
    return " ".join(f"out/{each}" for each in numbers)


def main(tool: str, folder: str, name: str, count: str) -> None:
    inputs = shape(name, int(count))
    file, rules = {
        "ninja": ("build.ninja", ninja),
        "make": ("Makefile", make),
        "snakemake": ("Snakefile", snakemake),
    }[tool]
    Path(folder, "out").mkdir(exist_ok=True)
    Path(folder, file).write_text(rules(inputs))


if __name__ == "__main__":
    main(*sys.argv[1:])
