"""Sweeps: the configs of a grid over the fields of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TypeVar

import attrs

from pylightnix_fn.errors.plan import BadParameter, MalformedConfig, UnknownField

C = TypeVar("C", bound=attrs.AttrsInstance)


def grid(base: C, **axes: Sequence[object]) -> tuple[C, ...]:
    """A config for each combination of values, the last axis changing fastest.

    Errors: `UnknownField`, and `BadParameter` for an axis without values.

    >>> from attrs import frozen
    >>> @frozen
    ... class Train:
    ...     rate: float = 0.1
    ...     epochs: int = 1
    >>> grid(Train(), rate=(0.1, 0.2), epochs=(1,))
    (Train(rate=0.1, epochs=1), Train(rate=0.2, epochs=1))
    """
    for name, values in axes.items():
        if isinstance(values, str | bytes) or len(values) == 0:
            raise BadParameter("grid", name, repr(values), "one value or more, in a tuple or list")
    return tuple(
        _with(base, dict(zip(axes, values, strict=True))) for values in product(*axes.values())
    )


def _with(base: C, changes: Mapping[str, object]) -> C:
    """The record with other fields, checked by its own validators."""
    kind = type(base)
    if not attrs.has(kind):
        raise MalformedConfig(kind.__qualname__, "an attrs class")
    fields = {each.name: each for each in attrs.fields(kind) if each.init}
    for name in changes.keys() - fields.keys():
        raise UnknownField(kind.__qualname__, name, ", ".join(fields))
    values = {each.alias: changes.get(name, getattr(base, name)) for name, each in fields.items()}
    made: C = type.__call__(kind, **values)
    return made
