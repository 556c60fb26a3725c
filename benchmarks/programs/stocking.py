"""Stores that others look at: ``stocking ours|pylightnix <folder> <derivations> <realizations>``.

Every realization holds one number in a file; ten of the first hundred derivations are roots.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

ROOTS: Final = 10
SETTLING: Final = 4.0  # seconds after which nobody takes a file for one that changes still


def ours(folder: Path, derivations: int, realizations: int) -> None:
    """A store of this library."""
    from pylightnix_fn import DiskStore, add_root, mkconfig
    from pylightnix_fn.store_protocol import Facts

    store, now = DiskStore.open(folder / "store", durability="off"), datetime.now(UTC)
    configs = [mkconfig({"name": f"model-{n % 10}", "number": n}) for n in range(derivations)]
    store.register({config.dref(): config for config in configs})
    for number, config in enumerate(configs):
        for each in range(realizations):
            staging = store.stage(config.dref())
            (staging.folder / "accuracy.txt").write_text(f"{score(number, each)}\n")
            began = now + timedelta(seconds=each)
            facts = Facts(began, began + timedelta(seconds=1), each)
            rref = store.commit(staging, config.dref(), {}, facts).rref
            if number < ROOTS:  # the last of them stays the root
                add_root(store, f"root-{number}", rref)


def score(number: int, each: int) -> float:
    """A number that no other realization of the same derivation has."""
    return ((number + each) * 7919 % 10_007) / 10_007


def original(folder: Path, derivations: int, realizations: int) -> None:
    """A store of the original Pylightnix."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(str(folder))
    pylightnix.fsinit(storage)
    out = folder / "out"
    for number in range(derivations):
        config = pylightnix.mkconfig({"name": f"model-{number % 10}", "number": number})
        dref = pylightnix.mkdrv_(config, S=storage)
        for each in range(realizations):
            out.mkdir()
            (out / "accuracy.txt").write_text(f"{score(number, each)}\n")
            pylightnix.mkrealization(dref, {}, str(out), S=storage)


def main(who: str, folder: str, derivations: str, realizations: str) -> None:
    stock = original if who == "pylightnix" else ours
    stock(Path(folder), int(derivations), int(realizations))
    time.sleep(SETTLING)


if __name__ == "__main__":
    main(*sys.argv[1:])
