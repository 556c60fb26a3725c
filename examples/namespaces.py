"""What the sections of a program leave to those behind them, and how much of it can be kept.

A section leaves names. *Values* (what Python writes as a literal, and arrays) are kept as text.
*Definitions* (functions, classes, imports) are in the sections' own text. All else, an open store
or a trained net, has no form that could be kept and trusted; pickles are programs, and no values.

So the names behind a section come back in one of two ways. Where the sections that are still to run
need only values and definitions, those are put back, and nothing runs. Where they need more, the
sections before run again. What this module cannot see: a section that changes something in another
way than by its names, a setting of a library, say, or a class by `setattr`.
"""

from __future__ import annotations

import ast
import builtins
import io
import math
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pylightnix_fn import Codec, json_of

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_PLAIN: Final = (bool, int, str, bytes, type(None))


@frozen
class Names:
    """The names that sections have left; ``others`` are those of what is no value."""

    literals: dict[str, str]
    arrays: dict[str, str]
    others: list[str]


names_codec: Final[Codec[Names]] = json_of(Names)


def names_in(namespace: Mapping[str, object], before: Iterable[str] = ()) -> Names:
    """The names of a namespace, and the values that can be kept.

    ``before`` are the others that there were, which need not have been put back. What can be
    reached by two names is no value: they would not be one thing any more.

    >>> names_in({"x": [1, (2, None)], "f": len, "y": float("nan")})
    Names(literals={'x': '[1, (2, None)]'}, arrays={}, others=['f', 'y'])
    >>> names_in({"x": (one := []), "y": one}).others
    ['x', 'y']
    """
    own = {name: value for name, value in namespace.items() if not name.startswith("__")}
    parts = {name: list(_changeable(value)) for name, value in own.items()}
    seen = Counter(part for each in parts.values() for part in each)
    alone = [name for name in sorted(own) if all(seen[part] == 1 for part in parts[name])]
    literals = {name: repr(own[name]) for name in alone if _is_literal(own[name])}
    arrays = {name: text for name in alone if (text := _array_text(own[name])) is not None}
    others = sorted({*own, *before} - literals.keys() - arrays.keys())
    return Names(literals, arrays, others)


def values_of(names: Names) -> dict[str, object]:
    """The values that were kept.

    >>> values_of(names_in({"x": [1, (2, None)]}))
    {'x': [1, (2, None)]}
    """
    literals = {name: ast.literal_eval(text) for name, text in names.literals.items()}
    return {**literals, **{name: _array(text) for name, text in names.arrays.items()}}


@frozen
class Needs:
    """The definitions that sections need of those before them, and what only a run can give."""

    definitions: list[ast.stmt]
    lacking: list[str]


def needs_of(sections: Iterable[str], before: Sequence[str], names: Names) -> Needs:
    """What some sections need, besides values, of those before them, which left these names.

    >>> before = ["import math", "k = 2", "def f(x): return k * math.sqrt(x)", "s = open('t')"]
    >>> names = Names({"k": "2"}, {}, ["f", "math", "s"])
    >>> needs = needs_of(["f(3)"], before, names)
    >>> [ast.unparse(each).partition(":")[0] for each in needs.definitions]
    ['import math', 'def f(x)']
    >>> needs_of(["s.read()"], before, names).lacking
    ['s']
    """
    known, others = _definitions(before), set(names.others)
    wanted = {name for each in sections for name in _used(ast.parse(each))}
    found: set[str] = set()
    while new := (wanted & others) - found:
        found |= new
        statements = [stmt for each in new for stmt in known.get(each, [])]
        wanted.update(name for stmt in statements for name in _used(stmt))
    all_statements = [stmt for each in before for stmt in ast.parse(each).body]
    definitions = [stmt for stmt in all_statements if found.intersection(_defined(stmt))]
    return Needs(definitions, sorted(found - known.keys()))


def _definitions(sections: Iterable[str]) -> dict[str, list[ast.stmt]]:
    """The statements that define each name, of names that nothing else binds or changes."""
    found: dict[str, list[ast.stmt]] = {}
    spoilt: set[str] = set()
    for stmt in (stmt for each in sections for stmt in ast.parse(each).body):
        for name in _defined(stmt):
            found.setdefault(name, []).append(stmt)
        spoilt.update(_bound(stmt))
    known = {name: those for name, those in found.items() if name not in spoilt}
    while bad := [name for name, those in known.items() if not _is_plain(those, known)]:
        known = {name: those for name, those in known.items() if name not in bad}
    return known


def _is_plain(statements: Iterable[ast.stmt], known: Mapping[str, object]) -> bool:
    """Whether these can run with nothing but definitions: they use no value at once."""
    used = {name for each in statements for name in _used_at_once(each)}
    return all(name in known or hasattr(builtins, name) for name in used)


def _defined(stmt: ast.stmt) -> list[str]:
    match stmt:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [(each.asname or each.name).partition(".")[0] for each in names]
        case _:
            return []


def _bound(stmt: ast.stmt) -> Iterator[str]:
    """The names that a statement binds or changes in another way than by a definition."""
    is_definition = bool(_defined(stmt))
    for node in ast.walk(stmt):
        match node:
            case ast.Global(names=names):
                yield from names
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if not is_definition:
                yield name
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store()):
                yield from _used(node)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not is_definition:
                yield name
            case ast.alias(name=name, asname=other) if not is_definition:
                yield (other or name).partition(".")[0]
            case _:
                pass


def _used(tree: ast.AST) -> Iterator[str]:
    """All names that something may read, those of its inner functions among them."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.AugAssign(target=ast.Name(id=name)):
                yield name
            case _:
                pass


def _used_at_once(node: ast.AST) -> Iterator[str]:
    """The names that a definition reads while it is made, not when it is called."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    inner = node.body if isinstance(node, Function) else []
    body = inner if isinstance(inner, list) else [inner]
    for child in ast.iter_child_nodes(node):
        if child not in body:
            yield from _used_at_once(child)


def _is_literal(value: object) -> bool:
    match value:
        case float() if type(value) is float:
            return math.isfinite(value)
        case list() | tuple() if type(value) in (list, tuple):
            return all(map(_is_literal, value))
        case dict() if type(value) is dict:
            return all(map(_is_literal, value.keys())) and all(map(_is_literal, value.values()))
        case _:
            return type(value) in _PLAIN


def _changeable(value: object, above: tuple[int, ...] = ()) -> Iterator[int]:
    """The identity of everything in a value that could be changed; twice where it is in itself."""
    if isinstance(value, list | dict | np.ndarray):
        yield id(_owner(value) if isinstance(value, np.ndarray) else value)
    if id(value) in above:
        return
    if isinstance(value, list | tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _changeable(each, (*above, id(value)))


def _owner(array: NDArray[np.generic[object]]) -> NDArray[np.generic[object]]:
    """The array whose memory an array shows, which is mostly itself."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _array_text(value: object) -> str | None:
    if type(value) is not np.ndarray or value.dtype.hasobject or _owner(value).base is not None:
        return None
    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=False)
    return b64encode(stream.getvalue()).decode()


def _array(text: str) -> object:
    array: object = np.load(io.BytesIO(b64decode(text)), allow_pickle=False)
    return array
