"""A node dereferences to the parameters themselves, a file to the path of one."""

from pathlib import Path
from typing import assert_type

from attrs import frozen
from pipeline import Draw, Report

from pylightnix_fn import (
    Build,
    DRef,
    File,
    Manager,
    MemoryStore,
    Realization,
    derive,
    file,
    instantiate,
    node,
    realize,
)


@frozen
class Shared:
    rate: float
    words: list[str]


@frozen
class Both:
    shared: DRef[Shared]
    script: DRef[File]


def write(b: Build[Both, Report]) -> None:
    shared = b.deref(b.config.shared)
    assert_type(shared, Shared)
    assert_type(shared.rate, float)
    assert_type(b.deref(b.config.script), File)
    assert_type(b.deref(b.config.script).path, Path)
    b.out.page.write(b.deref(b.config.script).path.read_text(encoding="utf-8") + shared.words[0])


def stage(m: Manager) -> tuple[Manager, DRef[Report]]:
    m, shared = node(m, Shared(0.1, ["world"]))
    assert_type(shared, DRef[Shared])
    m, script = file(m, "hello.sh", "hello ", executable=True)
    assert_type(script, DRef[File])
    m, _ = file(m, "bytes.bin", b"\0", name="zero")
    return derive(m, Both(shared, script), Report(), write)


def parameters(m: Manager) -> tuple[Manager, DRef[Draw]]:
    return node(m, Draw(5), name="five")


store = MemoryStore()
assert realize(instantiate(stage), store).out.page.read() == "hello world"
five = realize(instantiate(parameters), store)
assert_type(five, Realization[Draw])
assert five.out.count == 5
