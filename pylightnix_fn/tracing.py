"""All the code that a derivation's result depends on: its realizer's, its records', its codecs'.

A realizer reaches the methods of its config and outputs, and of the outputs of what it depends on,
through values that its own text does not name; so they are traced beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pylightnix_fn.code import Code, code_of
from pylightnix_fn.code.classes import methods_of
from pylightnix_fn.encoding import attributes_of
from pylightnix_fn.outputs import Artifact, is_inner
from pylightnix_fn.tree import Folder

_LIBRARY = "pylightnix_fn."
_PYTHON = "builtins"


def traced(realizer: object, records: Iterable[object]) -> Code:
    """The code of a realizer, with that of the records that it is given."""
    codes = [code_of(realizer)]
    kinds = set[type]()
    for record in records:
        if type(record) is not Folder:  # of which there are many, with nothing to be traced
            codes.extend(map(code_of, _functions(record, kinds)))
    if len(codes) == 1:
        return codes[0]
    digests = dict(codes[0].digests)
    for code in codes[1:]:
        for label, digest in code.digests.items():
            if code is not codes[0] and not label.startswith(_LIBRARY):
                digests[_free(label, digest, digests)] = digest
    packages = {name for code in codes for name in code.packages}
    return Code(dict(sorted(digests.items())), tuple(sorted(packages)))


def _free(label: str, digest: str, digests: Mapping[str, str]) -> str:
    """The label, numbered where it stands for another thing: codecs that one function makes."""
    free, number = label, 1
    while digests.get(free, digest) != digest:
        number += 1
        free = f"{label}~{number}"
    return free


def _functions(record: object, kinds: set[type]) -> Iterator[object]:
    """What a record's class and its codecs hold; ``kinds`` are classes that were looked at."""
    if type(record) not in kinds:
        kinds.add(type(record))
        yield from methods_of(type(record))
    for each in attributes_of(type(record)) or ():
        value = getattr(record, each.name, None)
        if isinstance(value, Artifact):
            yield from filter(_is_written, (value.codec.encode, value.codec.decode))
        elif is_inner(each):
            yield from _functions(value, kinds)


def _is_written(coder: object) -> bool:
    return getattr(coder, "__module__", _PYTHON) != _PYTHON
