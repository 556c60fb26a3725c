"""What is fetched is a `Folder`, or what the caller says it is."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import assert_type

from pipeline import Sample

from pylightnix_fn import (
    DRef,
    Folder,
    Manager,
    MemoryStore,
    Realization,
    fetchlocal,
    fetchurl,
    instantiate,
    realize,
    step,
)

URL = "https://example.org/numbers.txt"
CONTENT = b"1\n2\n"
SHA256 = sha256(CONTENT).hexdigest()

m = Manager()
m, folder = fetchurl(m, URL, SHA256)
assert_type(folder, DRef[Folder])
m, folder = fetchurl(m, url=URL, sha256=SHA256, mode="unpack", filename="a.zip", mirrors=[URL])
assert_type(folder, DRef[Folder])
m, numbers = fetchurl(m, URL, SHA256, outputs=Sample(), name="numbers")
assert_type(numbers, DRef[Sample])
m, numbers = fetchlocal(m, "numbers.txt", SHA256, outputs=Sample(), mode="unpack,remove")
assert_type(numbers, DRef[Sample])
m, folder = fetchlocal(m, Path("numbers.txt"), sha256=SHA256)
assert_type(folder, DRef[Folder])


def local(m: Manager, path: Path) -> tuple[Manager, DRef[Sample]]:
    return fetchlocal(m, path, SHA256, outputs=Sample())


with TemporaryDirectory() as home:
    path = Path(home) / "numbers.txt"
    path.write_bytes(CONTENT)
    store = MemoryStore()
    described = realize(instantiate(local, path), store)
    assert_type(described, Realization[Sample])
    assert described.out.numbers.read_bytes() == CONTENT
    undescribed = realize(instantiate(step(fetchlocal, path, SHA256)), store)
    assert_type(undescribed, Realization[Folder])
    assert_type(undescribed.out / "numbers.txt", Path)
    assert (undescribed.out / "numbers.txt").read_bytes() == CONTENT
