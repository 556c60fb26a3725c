"""An artifact reads and writes values of the type of its codec."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import assert_type

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pylightnix_fn import (
    Artifact,
    Build,
    Codec,
    DRef,
    Manager,
    MemoryStore,
    artifact,
    csv,
    derive,
    instantiate,
    json_of,
    npy,
    npz_of,
    number,
    realize,
    text,
)


@frozen
class Point:
    x: float
    label: str


@frozen(eq=False)
class Arrays:
    x: NDArray[np.float64]
    y: NDArray[np.int64]


fraction: Codec[Fraction] = Codec(
    "fraction", lambda value: str(value).encode(), lambda data: Fraction(data.decode())
)


@frozen
class Kept:
    """An artifact for each codec; what a field holds need not be written twice."""

    number: Artifact[float] = artifact("number.txt", number)
    text: Artifact[str] = artifact("text.txt", text)
    rows: Artifact[Sequence[Mapping[str, str]]] = artifact("rows.csv", csv)
    point: Artifact[Point] = artifact("point.json", json_of(Point))
    array: Artifact[NDArray[np.float32]] = artifact("array.npy", npy(np.float32))
    arrays: Artifact[Arrays] = artifact("arrays.npz", npz_of(Arrays))
    fraction: Artifact[Fraction] = artifact("fraction.txt", fraction)


@frozen
class Nothing:
    pass


assert_type(number, Codec[float])
assert_type(text, Codec[str])
assert_type(csv, Codec[Sequence[Mapping[str, str]]])
assert_type(json_of(Point), Codec[Point])
assert_type(npy(np.float32), Codec[NDArray[np.float32]])
assert_type(npz_of(Arrays), Codec[Arrays])
assert_type(artifact("a.txt", number), Artifact[float])
assert_type(artifact("a.npy", npy(np.int8)), Artifact[NDArray[np.int8]])


def keep(b: Build[Nothing, Kept]) -> None:
    b.out.number.write(1)  # an int is a float
    b.out.text.write("a")
    b.out.rows.write([{"x": "1"}])
    b.out.point.write(Point(1.0, "a"))
    b.out.array.write(np.zeros(3, dtype=np.float32))
    b.out.arrays.write(Arrays(np.zeros(3), np.zeros(3, dtype=np.int64)))
    b.out.fraction.write(Fraction(1, 3))


def kept(m: Manager) -> tuple[Manager, DRef[Kept]]:
    return derive(m, Nothing(), Kept(), keep)


store = MemoryStore()
out = realize(instantiate(kept), store).out
assert_type(out.number.read(), float)
assert_type(out.text.read(), str)
assert_type(out.rows.read(), Sequence[Mapping[str, str]])
assert_type(out.point.read(), Point)
assert_type(out.point.read().label, str)
assert_type(out.array.read(), NDArray[np.float32])
assert_type(out.arrays.read(), Arrays)
assert_type(out.arrays.read().y, NDArray[np.int64])
assert_type(out.fraction.read(), Fraction)

assert out.fraction.read() == Fraction(1, 3)
assert out.rows.read() == [{"x": "1"}]
