"""Which syntax tree a loaded function, class or global was made from.

A file may have changed since its module was imported, and the digest of new text for old code is
the worst error there is. So a tree counts only where the text, compiled once more, gives the very
bytecode that the function has, and a class only where that holds for all its methods. Positions
do not matter, for a comment moves them all. What leaves no bytecode behind, such as the arguments
of an installed decorator, cannot be checked: it is what the text says when it is first asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType

from .bytecode import skeleton
from .source import Piece, Source
from .syntax import FunctionNode, syntax_digest


def function_node(code: CodeType, source: Source) -> FunctionNode | None:
    """The tree of a loaded function; None where the text has no such function (any more).

    None, too, where functions of one place and one bytecode cannot be told apart.
    """
    named = source.functions.get(code.co_qualname)
    like = skeleton(code)
    same = [each for each in named or _on_line(code, source) if skeleton(each.code) == like]
    places = list(code.co_positions())
    exact = [each for each in same if list(each.code.co_positions()) == places]
    found = [each.node for each in exact or same]
    alike = len(found) == 1 or len({syntax_digest([each]) for each in found}) == 1
    return found[0] if alike else None


def class_nodes(
    kind: type, functions: Iterable[FunctionType], source: Source
) -> tuple[ast.ClassDef, ...]:
    """The tree of a class that has these functions; empty where the text says otherwise."""
    trees = [function_node(each.__code__, source) for each in functions]
    return tuple(
        node
        for node in source.classes.get(kind.__qualname__, ())
        if _defined(node) <= vars(kind).keys()
        and all(tree is not None and _within(tree, node) for tree in trees)
    )


def assignments(name: str, source: Source) -> tuple[ast.stmt, ...]:
    """The statements at the top of a module that assign to a name.

    >>> from pylightnix_fn.code.source import parsed
    >>> text = parsed("import a\\nif a:\\n    b = a.x\\nelse:\\n    b = 2")
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
