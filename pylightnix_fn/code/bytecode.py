"""A code object as a value: what it does, without file, line numbers and its own name.

Serves two ends: to tell whether a loaded function is what a source text says (`same`), and to
stand for a function that has no source. Bytecode differs between versions of Python, so a digest
of it names the version: never wrong, computed anew after an upgrade.
"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Iterator
from types import CodeType
from typing import TypeAlias

from .atoms import atom, digest
from .mentions import Chain, Import, Mentions

Skeleton: TypeAlias = "tuple[str | int | tuple[str, ...] | Skeleton, ...]"

_NOP = bytes([dis.opmap["NOP"], 0])
_FLAGS = (  # the flags that syntax decides; decorators such as types.coroutine set others
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)


def bytecode_tag() -> str:
    """What a digest of bytecode begins with, such as ``bytecode-3.11``."""
    return f"bytecode-{sys.version_info.major}.{sys.version_info.minor}"


def bytecode_digest(code: CodeType) -> str:
    """The digest of what a code object and those inside it do, under this version of Python."""
    return digest([bytecode_tag(), ascii(skeleton(code))])


def skeleton(code: CodeType) -> Skeleton:
    """Strings and numbers, equal where two code objects do the same.

    >>> def numbered(text): return skeleton(compile(text, "any", "exec"))
    >>> numbered("x = 1") == numbered("\\n\\nx = 1  # one"), numbered("x = 1") == numbered("x = 2")
    (True, False)
    """
    run = code.co_code
    while run.endswith(_NOP):  # profilers pad with these, to tell equal functions apart
        run = run[: -len(_NOP)]
    return (
        *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        code.co_flags & _FLAGS,
        run.hex(),
        *(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
        code.co_exceptiontable.hex(),
        tuple(_constant(each) for each in code.co_consts),
    )


def _constant(value: object) -> str | Skeleton:
    match value:
        case CodeType():
            return (value.co_name, *skeleton(value))
        case tuple():
            return ("tuple", *(_constant(each) for each in value))
        case frozenset():
            return ("frozenset", *sorted(ascii(_constant(each)) for each in value))
        case _:
            return atom(value) or "?"


def bytecode_mentions(code: CodeType) -> Mentions:
    """What a code object and those inside it mention, as `mentions` says it of a tree.

    >>> sorted(bytecode_mentions(compile("f(np.linalg.norm)", "any", "exec")).chains)
    [('f',), ('np', 'linalg', 'norm')]
    """
    found = [
        Mentions(frozenset(_chains(each, code.co_freevars)), frozenset(_imports(each)))
        for each in nested(code)
    ]
    chains = frozenset[Chain]().union(*(each.chains for each in found))
    return Mentions(chains, frozenset[Import]().union(*(each.imports for each in found)))


def nested(code: CodeType) -> Iterator[CodeType]:
    """A code object and all those inside it."""
    stack = [code]
    while stack:
        code = stack.pop()
        yield code
        stack.extend(each for each in code.co_consts if isinstance(each, CodeType))


def _chains(code: CodeType, outer: Chain) -> Iterator[Chain]:
    names: Chain = ()
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_ATTR", "LOAD_METHOD"} and names:
            names = (*names, str(step.argval))
        elif step.opname not in {"CACHE", "EXTENDED_ARG", "NOP", "PUSH_NULL"}:
            if names:
                yield names
            free = _loads_free_name(step.opname, step.argval, outer)
            names = (str(step.argval),) if free else ()
    if names:
        yield names


def _loads_free_name(operation: str, name: object, outer: Chain) -> bool:
    if operation in {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}:
        return True
    return name in outer and "DEREF" in operation


def _imports(code: CodeType) -> Iterator[Import]:
    level, module, constants = 0, "", list[object]()
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_CONST":
            constants = [*constants[-1:], step.argval]
        elif step.opname == "IMPORT_NAME":
            level = constants[0] if isinstance(constants[0], int) else 0
            module = str(step.argval)
            if not constants[-1]:
                yield Import(level, module)
        elif step.opname == "IMPORT_FROM":
            yield Import(level, module, str(step.argval))
