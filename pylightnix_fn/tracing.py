"""All the code that a derivation's result depends on: its realizer's, its records', its codecs'.

A realizer reaches the methods of its config and outputs, and of the outputs of what it depends on,
through values that its own text does not name; so they are traced beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from types import FunctionType

from pylightnix_fn.code import Code, code_of
from pylightnix_fn.code.origin import Owner, place_of_class
from pylightnix_fn.encoding import fields_of
from pylightnix_fn.outputs import Artifact, inner_fields

_LIBRARY = "pylightnix_fn."
_PYTHON = "builtins"
_OWNER = Owner()


def traced(realizer: object, records: Iterable[object]) -> Code:
    """The code of a realizer, with that of the records that it is given."""
    codes = [code_of(realizer)]
    for record in records:
        codes.extend(code_of(function) for function in _functions(record))
    digests = {
        label: digest
        for code in codes
        for label, digest in code.digests.items()
        if code is codes[0] or not label.startswith(_LIBRARY)
    }
    packages = {name for code in codes for name in code.packages}
    return Code(dict(sorted(digests.items())), tuple(sorted(packages)))


def _functions(record: object) -> Iterator[object]:
    yield from _methods(type(record))
    inner = inner_fields(record)
    for name, value in (fields_of(record) or {}).items():
        if isinstance(value, Artifact):
            coders = (value.codec.encode, value.codec.decode)
            yield from (each for each in coders if getattr(each, "__module__", _PYTHON) != _PYTHON)
        elif name in inner:
            yield from _functions(value)


def _methods(kind: type) -> Iterator[FunctionType]:
    """The methods and properties that the user wrote in a class and its bases."""
    for base in kind.__mro__:
        if not _OWNER.owns(place_of_class(base)):
            continue
        for member in vars(base).values():
            for function in _written(member):
                if _OWNER.owns_function(function):  # else the maker of records wrote it
                    yield function


def _written(member: object) -> Iterator[FunctionType]:
    match member:
        case FunctionType():
            yield member
        case classmethod() | staticmethod():
            yield from _written(member.__func__)
        case cached_property():
            yield from _written(member.func)
        case property():
            yield from _written(member.fget)
        case _:
            return
