"""Source text, its syntax trees, and which tree a loaded function or class was made from.

A file may have changed since its module was imported, and the digest of new text for old code is
the worst error there is. So a tree counts only where the text, compiled once more, gives the very
bytecode that the function has; positions do not matter, a comment above moves them all. What
import hooks make of a text (pytest's assertions) they are asked to make again. What leaves no
bytecode behind, such as the arguments of an installed decorator, cannot be checked.
"""

from __future__ import annotations

import __future__

import ast
import linecache
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType

from attrs import frozen

from .bytecode import nested, skeleton
from .syntax import FunctionNode

_FEATURES = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]


@frozen(eq=False)
class Piece:
    """A code object and the tree it comes from; several where they cannot be told apart."""

    code: CodeType
    nodes: tuple[FunctionNode, ...]


@frozen(eq=False)
class Source:
    """A text that compiles: its tree, and its functions and classes by qualified name."""

    file: str
    tree: ast.Module
    functions: Mapping[str, tuple[Piece, ...]]
    classes: Mapping[str, tuple[ast.ClassDef, ...]]


def source_of(file: str, namespace: dict[str, object], flags: int = 0) -> Source | None:
    """The text of a file as it is now; None where there is none, or none that compiles.

    ``flags`` are those of a function's code: a notebook keeps ``from __future__`` for later cells.
    """
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file, namespace))
    loader = namespace.get("__loader__") or getattr(namespace.get("__spec__"), "loader", None)
    return _parsed(text, file, flags & sum(_FEATURES), loader) if text else None


def source_of_function(function: FunctionType) -> Source | None:
    """The text that a function's code says it comes from."""
    code = function.__code__
    return source_of(code.co_filename, function.__globals__, code.co_flags)


def function_nodes(code: CodeType, source: Source) -> tuple[FunctionNode, ...]:
    """The tree of a loaded function; empty where the text has no such function (any more).

    Several where functions that share a place and bytecode cannot be told apart.
    """
    named = source.functions.get(code.co_qualname)
    like = skeleton(code)
    same = [each for each in named or _on_line(code, source) if skeleton(each.code) == like]
    places = list(code.co_positions())
    exact = [each for each in same if list(each.code.co_positions()) == places]
    nodes = {id(node): node for each in exact or same for node in each.nodes}
    return tuple(nodes.values())


def class_nodes(
    kind: type, functions: Iterable[FunctionType], source: Source
) -> tuple[ast.ClassDef, ...]:
    """The tree of a class that has these functions; empty where the text says otherwise.

    >>> from types import new_class
    >>> class_nodes(new_class("Gone"), (), Source("", ast.parse(""), {}, {}))
    ()
    """
    methods = [each.__code__ for each in functions]
    trees = [function_nodes(code, source) for code in methods]
    return tuple(
        node
        for node in source.classes.get(kind.__qualname__, ())
        if _defined(node) <= vars(kind).keys()
        and all(any(_within(tree, node) for tree in each) for each in trees)
    )


def assignments(name: str, source: Source) -> tuple[ast.stmt, ...]:
    """The statements at the top of a module that assign to a name.

    >>> text = Source("", ast.parse("import a\\nif a:\\n    b = a.x\\nelse:\\n    b = 2"), {}, {})
    >>> [ast.unparse(each) for each in assignments("b", text)]
    ['b = a.x', 'b = 2']
    """
    return tuple(each for each in _top(source.tree.body) if name in _assigned(each))


def imported(name: str, source: Source) -> tuple[int, str, str] | None:
    """Level, module and name of the ``from`` import at the top that binds a name."""
    for each in _top(source.tree.body):
        if isinstance(each, ast.ImportFrom):
            for alias in each.names:
                if (alias.asname or alias.name) == name:
                    return each.level, each.module or "", alias.name
    return None


def _top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    stack = list(body)[::-1]
    while stack:
        each = stack.pop()
        if isinstance(each, ast.If):
            stack.extend(reversed([*each.body, *each.orelse]))
        elif isinstance(each, ast.Try):
            handled = [step for handler in each.handlers for step in handler.body]
            stack.extend(reversed([*each.body, *handled, *each.orelse, *each.finalbody]))
        else:
            yield each


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _assigned(statement: ast.stmt) -> set[str]:
    if isinstance(statement, _DEFINITIONS):
        return set()
    names = (each for each in ast.walk(statement) if isinstance(each, ast.Name))
    return {each.id for each in names if isinstance(each.ctx, ast.Store)}


def _on_line(code: CodeType, source: Source) -> Iterator[Piece]:
    for pieces in source.functions.values():
        yield from (each for each in pieces if each.code.co_firstlineno == code.co_firstlineno)


def _defined(node: ast.ClassDef) -> set[str]:
    named = (each.name for each in node.body if isinstance(each, _DEFINITIONS[:2]))
    own = node.name.lstrip("_")
    return {f"_{own}{n}" if n.startswith("__") and not n.endswith("__") else n for n in named}


def _within(tree: FunctionNode, node: ast.ClassDef) -> bool:
    return node.lineno <= tree.lineno <= (node.end_lineno or 0)


@lru_cache(maxsize=32)
def _parsed(text: str, file: str, flags: int, loader: object) -> Source | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user's text, shown once when it was imported
        try:
            tree, code = ast.parse(text), _compiled(text, file, flags, loader)
        except Exception:  # a hook may raise anything; bytecode serves where text does not
            return None
    return Source(file, tree, _functions(tree, code), _classes(tree))


def _compiled(text: str, file: str, flags: int, loader: object) -> CodeType:
    kind = type(loader)
    rewrite = getattr(sys.modules.get(kind.__module__), "rewrite_asserts", None)
    translate = getattr(kind, "source_to_code", SourceFileLoader.source_to_code)
    tree = ast.parse(text)
    if rewrite is not None:
        rewrite(tree, text.encode(), file, getattr(loader, "config", None))
    elif translate is not SourceFileLoader.source_to_code:
        code = getattr(loader, "source_to_code")(text.encode(), file)  # noqa: B009
        if isinstance(code, CodeType):
            return code
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(tree, file, "exec", flags=flags, dont_inherit=True)


def _functions(tree: ast.Module, code: CodeType) -> Mapping[str, tuple[Piece, ...]]:
    nodes: dict[tuple[int, str], list[FunctionNode]] = {}
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            nodes.setdefault(_key(node), []).append(node)
    found: dict[str, tuple[Piece, ...]] = {}
    for each in nested(code):
        meant = _meant(each, nodes.get((each.co_firstlineno, each.co_name), []))
        if meant:
            found[each.co_qualname] = (*found.get(each.co_qualname, ()), Piece(each, meant))
    return found


def _key(node: FunctionNode) -> tuple[int, str]:
    if isinstance(node, ast.Lambda):
        return node.lineno, "<lambda>"
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.name


def _meant(code: CodeType, nodes: list[FunctionNode]) -> tuple[FunctionNode, ...]:
    if len(nodes) < 2:
        return tuple(nodes)
    places = [(line, column) for line, _, column, _ in code.co_positions()]
    inside = [
        node
        for node in nodes
        if isinstance(node, ast.Lambda)
        and any(_start(node.body) <= place < _end(node.body) for place in _known(places))
    ]
    return tuple(inside or nodes)


def _known(places: Iterable[tuple[int | None, int | None]]) -> Iterator[tuple[int, int]]:
    return ((line, column) for line, column in places if line is not None and column is not None)


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _classes(tree: ast.Module) -> Mapping[str, tuple[ast.ClassDef, ...]]:
    found: dict[str, tuple[ast.ClassDef, ...]] = {}
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        if isinstance(node, ast.ClassDef):
            found[prefix + node.name] = (*found.get(prefix + node.name, ()), node)
            prefix += node.name + "."
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            prefix += node.name + ".<locals>."
        stack.extend((each, prefix) for each in ast.iter_child_nodes(node))
    return found
