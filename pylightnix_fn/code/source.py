"""Source texts, parsed and compiled once more, with every function's tree beside its bytecode.

Reads the text of the running program as tracebacks do, through `linecache`. What an import hook
makes of a text (pytest of its assertions, others of annotations) it is asked to make again, so
that the bytecode is what a fresh import would give.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import sys
import warnings
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType
from typing import NamedTuple

from .bytecode import nested, skeleton
from .syntax import FunctionNode, syntax_digest

_FEATURES = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]

_TRANSLATE = "source_to_code"
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)


class Piece(NamedTuple):
    """A code object and the tree it comes from."""

    code: CodeType
    node: FunctionNode


class Source:
    """A text that compiles: its tree, and its functions and classes by qualified name."""

    def __init__(self, file: str, tree: ast.Module, code: CodeType) -> None:
        self.file, self.tree = file, tree
        self.functions = _functions(tree, code)
        self.classes = _classes(tree)


def source_of(file: str, namespace: dict[str, object], flags: int = 0) -> Source | None:
    """The text of a file as it is now; None where there is none, or none that compiles.

    ``flags`` are those of a function's code: a notebook keeps ``from __future__`` for later cells.
    """
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file, namespace))
    loader = namespace.get("__loader__") or getattr(namespace.get("__spec__"), "loader", None)
    return parsed(text, file, flags & sum(_FEATURES), loader) if text else None


def source_of_function(function: FunctionType) -> Source | None:
    """The text that a function's code says it comes from."""
    code = function.__code__
    return source_of(code.co_filename, function.__globals__, code.co_flags)


@lru_cache(maxsize=128)
def parsed(text: str, file: str = "", flags: int = 0, loader: object = None) -> Source | None:
    """A text with its trees and bytecode; None where it does not compile.

    >>> sorted(parsed("class A:\\n    def f(self): return lambda: 1").functions)
    ['A.f', 'A.f.<locals>.<lambda>']
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user's text, shown once when it was imported
        try:
            tree = ast.parse(text)
            code = _hooked(text, file, loader) or _code(tree, file, flags)
        except Exception:  # a hook may raise anything; bytecode serves where text does not
            return None
    return Source(file, tree, code)


def _code(tree: ast.Module, file: str, flags: int) -> CodeType:
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as notebooks compile; no matter to functions
    code: CodeType = compile(tree, file, "exec", flags=flags, dont_inherit=True)
    return code


def _hooked(text: str, file: str, loader: object) -> CodeType | None:
    kind = type(loader)
    rewrite = getattr(sys.modules.get(kind.__module__), "rewrite_asserts", None)
    translate = getattr(loader, _TRANSLATE, None)
    if rewrite is not None:
        tree = ast.parse(text)
        rewrite(tree, text.encode(), file, getattr(loader, "config", None))
        return _code(tree, file, 0)
    if translate is None or getattr(kind, _TRANSLATE) is SourceFileLoader.source_to_code:
        return None
    code: object = translate(text.encode(), file)
    return code if isinstance(code, CodeType) else None


def _functions(tree: ast.Module, code: CodeType) -> Mapping[str, tuple[Piece, ...]]:
    nodes: dict[tuple[int, str], list[FunctionNode]] = {}
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            nodes.setdefault(_key(node), []).append(node)
    found: dict[str, tuple[Piece, ...]] = {}
    for each in nested(code):
        meant = _meant(each, nodes.get((each.co_firstlineno, each.co_name), []))
        if meant is not None:
            found[each.co_qualname] = (*found.get(each.co_qualname, ()), Piece(each, meant))
    return found


def _key(node: FunctionNode) -> tuple[int, str]:
    if isinstance(node, ast.Lambda):
        return node.lineno, "<lambda>"
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.name


def _meant(code: CodeType, nodes: list[FunctionNode]) -> FunctionNode | None:
    """Of lambdas in a line the innermost around the code, or the only one that compiles to it."""
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    places = [(line or 0, column) for line, _, column, _ in code.co_positions()]
    known = [(line, column) for line, column in places if column is not None]
    lambdas = [each for each in nodes if isinstance(each, ast.Lambda)]
    inside = [each for each in lambdas if any(map(partial(_contains, each.body), known))]
    if inside:
        return max(inside, key=_start)
    alike = [each for each in lambdas if _makes(each, code)]
    return alike[0] if len({syntax_digest([each]) for each in alike}) == 1 else None


def _makes(node: ast.Lambda, code: CodeType) -> bool:
    alone = compile(ast.Expression(node), "", "eval", dont_inherit=True)
    return any(skeleton(each) == skeleton(code) for each in nested(alone))


def _start(node: ast.Lambda) -> tuple[int, int]:
    return node.body.lineno, node.body.col_offset


def _contains(node: ast.expr, place: tuple[int, int]) -> bool:
    end = node.end_lineno or 0, node.end_col_offset or 0
    return (node.lineno, node.col_offset) <= place < end


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
        inside = (each for each in ast.iter_child_nodes(node) if isinstance(each, _BLOCKS))
        stack.extend((each, prefix) for each in inside)
    return found
