"""What a function, a class or a global is by itself: from its text, or else its bytecode.

Remembers each sketch while the function or class lives and has that code, so a text is read once,
and what is edited later does not matter. A sketch has the names that a text mentions, not what
they stand for: that may change between two plans.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

from .bytecode import bytecode_digest, bytecode_mentions, bytecode_tag
from .held import cells
from .mentions import Chain, chain_of, mentions
from .modules import absolute, module_named
from .origin import Origin, Place, place_of, place_of_class, place_of_function
from .parts import Assigned, Sketch
from .source import Source, source_of, source_of_function
from .syntax import FunctionNode, syntax_digest
from .trees import assignments, class_nodes, function_node, imported


class _Remembered(NamedTuple):
    value: Callable[[], object]
    sketch: Sketch | None
    module: str  # that the global is imported from, or ""


_FUNCTIONS: WeakKeyDictionary[FunctionType, tuple[CodeType, Sketch]] = WeakKeyDictionary()
_CLASSES: WeakKeyDictionary[type, tuple[list[CodeType], Sketch | None]] = WeakKeyDictionary()
_GLOBALS: WeakKeyDictionary[FunctionType | ModuleType, dict[str, _Remembered]] = WeakKeyDictionary()


def function_sketch(function: FunctionType) -> Sketch:
    """The sketch of a function: of its text where that is known to be what runs.

    Decorators of this library's do not count.
    """
    code, sketch = _FUNCTIONS.get(function, (None, None))
    if sketch is None or code is not function.__code__:
        code = function.__code__
        source = source_of_function(function)
        node = function_node(code, source) if source else None
        if node is not None:
            plain = _without_library(node, function)
            sketch = Sketch(syntax_digest([plain]), mentions([plain]))
        else:
            form = f"{bytecode_tag()}:{bytecode_digest(code)}"
            sketch = Sketch(form, bytecode_mentions(code))
        _FUNCTIONS[function] = code, sketch
    return sketch


def class_sketch(kind: type, functions: Iterable[FunctionType]) -> Sketch | None:
    """The sketch of a class that has these functions in its body; None where it has no text."""
    methods = list(functions)
    codes = [each.__code__ for each in methods]
    known, sketch = _CLASSES.get(kind, (None, None))
    if known is None or any(a is not b for a, b in zip(known, codes, strict=False)):
        module = module_named(kind.__module__)
        source = _module_source(module) if module else None
        source = source_of_function(methods[0]) if methods else source
        nodes = class_nodes(kind, methods, source) if source else ()
        sketch = Sketch(syntax_digest(nodes), mentions(nodes)) if nodes else None
        _CLASSES[kind] = codes, sketch
    return sketch


def module_sketch(module: ModuleType | None, place: Place) -> Sketch | None:
    """The sketch of all of a module; None where it has no text, or runs another one."""
    source = _module_source(module) if module else source_of(place.file or "", {})
    if source is None or (module and not _runs(vars(module), source)):
        return None
    return _tree_sketch(source)


def assigned(name: str, holder: object, value: object) -> Assigned | None:
    """The statements that make a global, seen from a function or a module; None without a text.

    ``value`` is what the global is now, or None where that does not matter.
    """
    if not isinstance(holder, FunctionType | ModuleType):
        return None
    known = _GLOBALS.setdefault(holder, {})
    found = known.get(name)
    if found is None or found.value() is not value:
        sketch, module = _statements(name, holder)
        found = _Remembered(_weak(value), sketch, module)
        known[name] = found
    origin = module_named(found.module) if found.module else holder
    return Assigned(name, found.sketch, origin) if found.sketch and origin else None


def globals_of(holder: object) -> dict[str, object]:
    """The names that the text of a function or a module sees; none where it is gone."""
    if isinstance(holder, FunctionType):
        return holder.__globals__
    return vars(holder) if isinstance(holder, ModuleType) else {}


def _weak(value: object) -> Callable[[], object]:
    try:
        return (lambda: None) if value is None else ref(value)
    except TypeError:  # cannot be remembered without keeping it alive
        return object


def _statements(name: str, holder: FunctionType | ModuleType) -> tuple[Sketch | None, str]:
    hop = ""
    for _ in range(16):  # a chain of `from` imports; two modules may name each other
        source = _source(holder)
        if source is None or not _runs(globals_of(holder), source):
            break
        if nodes := assignments(name, source):
            return Sketch(syntax_digest(nodes), mentions(nodes)), hop
        if (asked := imported(name, source)) is None:
            break
        level, module, name = asked
        hop = absolute(level, module, globals_of(holder))
        if (found := module_named(hop)) is None or place_of(vars(found)).origin is not Origin.OWN:
            break
        holder = found
    return None, ""


def _source(holder: FunctionType | ModuleType) -> Source | None:
    if isinstance(holder, FunctionType):
        return source_of_function(holder)
    return _module_source(holder)


def _module_source(module: ModuleType) -> Source | None:
    file = place_of(vars(module)).file
    return source_of(file, vars(module)) if file else None


def _runs(namespace: dict[str, object], source: Source) -> bool:
    functions = (each for each in namespace.values() if isinstance(each, FunctionType))
    own = (each.__code__ for each in functions if each.__globals__ is namespace)
    return all(function_node(code, source) for code in own if code.co_filename == source.file)


@lru_cache(maxsize=128)
def _tree_sketch(source: Source) -> Sketch:
    return Sketch(syntax_digest([source.tree]), mentions([source.tree]))


def _without_library(node: FunctionNode, function: FunctionType) -> ast.AST:
    if isinstance(node, ast.Lambda) or not node.decorator_list:
        return node
    plain = copy.copy(node)
    plain.decorator_list = [e for e in node.decorator_list if not _is_library(e, function)]
    return plain


def _is_library(decorator: ast.expr, function: FunctionType) -> bool:
    while isinstance(decorator, ast.Call):
        decorator = decorator.func
    return any(_origin(each) is Origin.LIBRARY for each in _along(chain_of(decorator), function))


def _along(chain: Chain | None, function: FunctionType) -> Iterator[object]:
    value: object = None
    for depth, name in enumerate(chain or ()):
        if depth == 0:
            value = dict(cells(function)).get(name, function.__globals__.get(name))
        else:
            value = vars(value).get(name) if isinstance(value, ModuleType) else None
        yield value


def _origin(value: object) -> Origin:
    match value:
        case FunctionType():
            return place_of_function(value).origin
        case ModuleType():
            return place_of(vars(value)).origin
        case type():
            return place_of_class(value).origin
        case _:
            return place_of_class(type(value)).origin
