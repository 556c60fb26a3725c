"""Pure functions as realizers: values in, a value out, and no path in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, overload

from attrs import frozen

from pylightnix_fn.outputs import Artifact, Codec, artifact
from pylightnix_fn.realizer import Build, Realizer, name_of
from pylightnix_fn.refs import DRef, Many

C = TypeVar("C")
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


@frozen
class Value(Generic[V]):
    """The outputs record of a stage whose result is one value."""

    value: Artifact[V]


def value(codec: Codec[V], path: str = "value") -> Value[V]:
    """The outputs of a stage whose result is one value, kept through this codec."""
    return Value(artifact(path, codec))


@frozen
class Inputs(Generic[C]):
    """What a lifted function sees: its config, and the values that it refers to."""

    config: C
    _build: Build[C, object]

    @overload
    def value(self, reference: DRef[Value[U]]) -> U: ...
    @overload
    def value(self, reference: Many[Value[U]]) -> tuple[U, ...]: ...
    def value(self, reference: DRef[Value[U]] | Many[Value[U]]) -> U | tuple[U, ...]:
        """The value that a reference leads to, or the values of several realizations."""
        if isinstance(reference, DRef):
            return self._build.deref(reference).value.read()
        return tuple(each.value.read() for each in self._build.deref(reference))

    @overload
    def outputs(self, reference: DRef[U]) -> U: ...
    @overload
    def outputs(self, reference: Many[U]) -> tuple[U, ...]: ...
    def outputs(self, reference: DRef[U] | Many[U]) -> U | tuple[U, ...]:
        """The outputs of a stage of another kind."""
        return self._build.deref(reference)


@frozen
class Pure(Generic[C, V]):
    """See `pure`."""

    function: Callable[[Inputs[C]], V]

    def __call__(self, b: Build[C, Value[V]]) -> None:
        b.out.value.write(self.function(Inputs(b.config, Build(b.config, b.dref, b.site))))

    @property
    def __name__(self) -> str:
        return f"pure({name_of(self.function)})"


def pure(function: Callable[[Inputs[C]], V]) -> Realizer[C, Value[V]]:
    """The realizer that keeps what a function makes of its config and inputs.

    ``derive(m, Normalise(data), value(npy(float64)), pure(normalised))``, where ``normalised``
    takes `Inputs[Normalise]` and returns what the codec holds.
    """
    return Pure(function)
