"""Which names of the world around it a piece of code mentions.

Knows syntax trees and the rules of scope, no values. A name is *free* where no scope of the tree
binds it; with the attributes that follow it is a chain: ``("pkg", "sub", "norm")``. What stands
in annotations is not mentioned. Where a rule of Python depends on what runs first (a class body
that binds a name it also reads) the name is called free: one too many is safe.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

from .syntax import UNSEEN

Chain: TypeAlias = tuple[str, ...]


class Import(NamedTuple):
    """One name that an import statement asks for; ``name`` is "" for the module itself.

    ``level`` counts the leading dots.
    """

    level: int
    module: str
    name: str = ""


class Mentions(NamedTuple):
    """Free chains, imports, and the free names that are assigned to (``global``)."""

    chains: frozenset[Chain] = frozenset()
    imports: frozenset[Import] = frozenset()
    written: frozenset[str] = frozenset()


def mentions(nodes: Iterable[ast.AST]) -> Mentions:
    """What trees mention; the name that a definition at the top itself binds is free in it.

    >>> sorted(mentions([ast.parse("def f(x): return f(np.linalg.norm(x) + y)")]).chains)
    [('f',), ('np', 'linalg', 'norm'), ('y',)]
    """
    reader, top = _Reader(), _Scope(None, binds=False)
    stack: list[tuple[ast.AST, _Scope]] = [(node, top) for node in nodes]
    while stack:
        stack.extend(reader.step(*stack.pop()))
    return reader.mentions()


def chain_of(node: ast.AST) -> Chain | None:
    """The dotted name that an expression is; None where it is more than that.

    >>> chain_of(ast.parse("a.b.c", mode="eval").body)
    ('a', 'b', 'c')
    """
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else None


class _Scope:
    def __init__(
        self, parent: _Scope | None, *, binds: bool = True, comprehension: bool = False
    ) -> None:
        self.parent, self.comprehension = parent, comprehension
        self.binds = binds  # False: names bound here are not seen from within (the top, a class)
        self.bound = set[str]()
        self.outer = set[str]()  # nonlocal
        self.world = set[str]()  # global

    def is_free(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None and name not in scope.world:
            if scope.binds and name in scope.bound and name not in scope.outer:
                return False
            scope = scope.parent
        return True

    def function(self) -> _Scope:
        scope = self
        while scope.comprehension and scope.parent is not None:
            scope = scope.parent
        return scope


_Steps: TypeAlias = Iterator[tuple[ast.AST, _Scope]]


class _Reader:
    def __init__(self) -> None:
        self.uses = list[tuple[_Scope, Chain]]()
        self.imports = set[Import]()
        self.written = list[tuple[_Scope, str]]()

    def mentions(self) -> Mentions:
        chains = frozenset(names for scope, names in self.uses if scope.is_free(names[0]))
        written = frozenset(name for scope, name in self.written if name in scope.world)
        return Mentions(chains, frozenset(self.imports), written)

    def step(self, node: ast.AST, scope: _Scope) -> _Steps:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return self._function(node, scope)
            case ast.ClassDef():
                return self._class(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
            case ast.Name() | ast.Attribute() if chain_of(node):
                return self._chain(node, scope)
            case _:
                self._bind(node, scope)
                return _inside(node, scope)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope
    ) -> _Steps:
        inner = _Scope(scope)
        given = node.args
        inner.bound.update(a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs))
        inner.bound.update(a.arg for a in (given.vararg, given.kwarg) if a is not None)
        inner.bound.update(_parameters(node))
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                yield default, scope
        if isinstance(node, ast.Lambda):
            yield node.body, inner
        else:
            scope.bound.add(node.name)
            yield from ((each, scope) for each in node.decorator_list)
            yield from ((each, inner) for each in node.body)

    def _class(self, node: ast.ClassDef, scope: _Scope) -> _Steps:
        scope.bound.add(node.name)
        inner = _Scope(scope)
        inner.bound.update(_parameters(node))
        body = _Scope(inner, binds=False)
        yield from ((each, scope) for each in (*node.decorator_list, *node.bases))
        yield from ((each.value, scope) for each in node.keywords)
        yield from ((each, body) for each in node.body)

    def _comprehension(self, node: ast.AST, scope: _Scope) -> _Steps:
        inner = _Scope(scope, comprehension=True)
        first = next(
            each for each in ast.iter_child_nodes(node) if isinstance(each, ast.comprehension)
        )
        yield first.iter, scope
        for each in ast.iter_child_nodes(node):
            if each is first:
                yield first.target, inner
                yield from ((test, inner) for test in first.ifs)
            else:
                yield each, inner

    def _chain(self, node: ast.Name | ast.Attribute, scope: _Scope) -> _Steps:
        names = chain_of(node) or ()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            scope.bound.add(node.id)
            self.written.append((scope, node.id))
        else:
            self.uses.append((scope, names))
        return iter(())

    def _bind(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.Global(names=names):
                scope.world.update(names)
            case ast.Nonlocal(names=names):
                scope.outer.update(names)
            case ast.NamedExpr(target=target):
                scope.function().bound.add(target.id)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                scope.bound.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                scope.bound.add(name)
            case ast.Import(names=names):
                scope.bound.update((a.asname or a.name.partition(".")[0]) for a in names)
                self.imports.update(Import(0, a.name) for a in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                scope.bound.update(a.asname or a.name for a in names)
                self.imports.update(Import(level or 0, module or "", a.name) for a in names)
            case _:
                pass


def _inside(node: ast.AST, scope: _Scope) -> _Steps:
    seen = (value for name, value in ast.iter_fields(node) if name not in UNSEEN)
    items = chain.from_iterable(value if isinstance(value, list) else [value] for value in seen)
    return ((item, scope) for item in items if isinstance(item, ast.AST))


def _parameters(node: ast.AST) -> Iterable[str]:
    return (each.name for each in getattr(node, "type_params", ()))
