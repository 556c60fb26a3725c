"""`DRef`, `Many`, `RRef` and `Build` without parameters are the forms for plain dicts."""

from pathlib import Path
from types import SimpleNamespace
from typing import assert_type

from pylightnix_fn import (
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Realization,
    RefPath,
    RRef,
    build_cattrs,
    build_config,
    build_outpath,
    build_path,
    build_wrapper,
    dref_from,
    instantiate,
    match_all,
    match_latest,
    mkconfig,
    mkdrv,
    realize,
    rref_from,
    selfref,
)


def build(b: Build) -> None:
    assert_type(b, Build[Config, Folder])
    assert_type(b.config, Config)
    assert_type(b.out, Folder)
    assert_type(b.out / "a.txt", Path)
    assert_type(build_config(b), Config)
    assert_type(build_cattrs(b), SimpleNamespace)
    assert_type(build_outpath(b), Path)
    written: RefPath = [selfref, "a.txt"]
    assert_type(build_path(b, written), Path)
    build_path(b, written).write_text("a", encoding="utf-8")


def first(m: Manager) -> tuple[Manager, DRef]:
    return mkdrv(m, mkconfig({"name": "first"}), match_latest(), build_wrapper(build))


def second(m: Manager) -> tuple[Manager, DRef]:
    m, of = first(m)
    assert_type(of, DRef[Folder])
    path: RefPath = [of, "a.txt"]
    return mkdrv(m, mkconfig({"of": path, "out": [selfref, "a.txt"]}), match_latest(), build)


def several(m: Manager) -> tuple[Manager, Many]:
    m, made = mkdrv(m, mkconfig({}), match_all(), build)
    assert_type(made, Many[Folder])
    return m, made


store = MemoryStore()
result = realize(instantiate(second), store)
assert_type(result, Realization[Folder])
assert_type(result.out / "a.txt", Path)
assert (result.out / "a.txt").read_text(encoding="utf-8") == "a"
assert_type(realize(instantiate(several), store), tuple[Realization[Folder], ...])

reference: RRef = result.rref
assert_type(reference, RRef[Folder])
assert_type(dref_from(result.dref.text), DRef[Folder])
assert_type(rref_from(result.rref.text), RRef[Folder])
assert_type(rref_from(result.rref.text).dref, DRef[Folder])
assert dref_from(result.dref.text) == result.dref
