"""A lens may lead anywhere; what it is asked for in the end has a type."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from pylightnix_fn import (
    Config,
    DRef,
    Folder,
    MemoryStore,
    RRef,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    realize,
)
from pylightnix_fn.canonical import Json
from pylightnix_fn.optics.lens import Lens, lens
from pylightnix_fn.realizer import Build, Context


def build(b: Build[Config, Folder]) -> None:
    (b.path / "a.json").write_text('{"b": [1]}')


store = MemoryStore()
config = mkconfig({"name": "a", "rate": 0.5})
found = lens(store, realize(instantiate(mkdrv, config, latest(), build), store))

assert_type(found, Lens)
assert_type(found.a_json.b[0], Lens)
assert_type(found["a.json"].b[0].value, Json)
assert_type(found.rate.value, Json)
assert_type(found.a_json.path, Path)
assert_type(found.rref, RRef[Folder])
assert_type(found.dref, DRef[Folder])
assert_type(found.context, Context)
