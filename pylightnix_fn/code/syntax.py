"""A syntax tree as words that say what the program does, not how it is written.

Knows trees alone. Comments, white space, positions, docstrings, annotations and type parameters
leave no word; nor does any difference between the trees of Python 3.11, 3.12 and 3.13. That is why
this is not ``ast.dump``, whose text differs from version to version.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from .atoms import atom, digest

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

UNSEEN = frozenset(
    {"annotation", "ctx", "kind", "returns", "simple", "type_comment", "type_ignores"}
    | {"type_params"}
)


def syntax_digest(nodes: Iterable[ast.AST]) -> str:
    """The digest of trees, in order.

    >>> syntax_digest([ast.parse("x: int = (1)  # one")]) == syntax_digest([ast.parse("x=1")])
    True
    """
    return digest(word for node in nodes for word in _words(node))


def _words(node: ast.AST) -> Iterator[str]:
    stack: list[ast.AST | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        else:
            plain = _plain(item)
            yield "(" + type(plain).__name__
            stack.append(")")
            stack.extend(reversed(list(_children(plain))))


def _plain(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign(targets=[node.target], value=node.value)
    return node


def _children(node: ast.AST) -> Iterator[ast.AST | str]:
    if isinstance(node, ast.Constant):
        yield atom(node.value) or "?"
    elif isinstance(node, ast.JoinedStr):
        yield from _pieces(node)
    else:
        for name, value in ast.iter_fields(node):
            items = [] if name in UNSEEN else list(_field(node, name, value))
            if items:
                yield "." + name
                yield from items


def _field(node: ast.AST, name: str, value: object) -> Iterator[ast.AST | str]:
    match value:
        case None | ast.JoinedStr(values=[]):
            return
        case -1 | 0 if name in {"conversion", "is_async", "level"}:
            return
        case list() if name in {"body", "orelse", "finalbody"}:
            fields = isinstance(node, ast.ClassDef)
            yield from (item for item in value if not _is_idle(item, fields))
        case list():
            yield from (item if isinstance(item, ast.AST) else _word(item) for item in value)
        case ast.AST():
            yield value
        case _:
            yield _word(value)


def _word(value: object) -> str:
    return atom(value) or "?"


def _is_idle(node: object, fields: bool) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.AnnAssign(value=None):
            return not fields
        case _:
            return False


def _pieces(node: ast.JoinedStr) -> Iterator[ast.AST | str]:
    text = ""
    for piece in node.values:
        if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
            text += piece.value
            continue
        if text:
            yield _word(text)
        yield piece
        text = ""
    if text:
        yield _word(text)
