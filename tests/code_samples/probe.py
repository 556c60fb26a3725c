"""Digests of all pairs, as JSON, from an interpreter of its own: ``python probe.py folder``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from code_samples.pairs import PAIRS
from code_samples.project import loaded
from pylightnix_fn.code import code_of


def digests(folder: Path, text: str) -> dict[str, str]:
    with loaded(folder, text) as module:
        return dict(code_of(module.fit).digests)


def main() -> None:
    folder = Path(sys.argv[1])
    found = {
        pair.name: [
            digests(folder / f"{number}-a", pair.before),
            digests(folder / f"{number}-b", pair.after),
        ]
        for number, pair in enumerate(PAIRS)
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
