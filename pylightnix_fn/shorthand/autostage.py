"""Plain functions as stages, for quick work: their parameters are config, inputs and outputs.

What a parameter is, its argument says: a `Path` is an output, a reference an input, all else
configures. Larger pipelines are better off with `stage` or `derive`, where types name what a stage
writes.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import update_wrapper
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeAlias, overload

from attrs import frozen

from pylightnix_fn.canonical import MAX_DEPTH, spelled
from pylightnix_fn.code import Version
from pylightnix_fn.config import dependencies
from pylightnix_fn.encoding import Walk
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter, MalformedOutputs
from pylightnix_fn.manager import (
    TRACED,
    Derivation,
    Manager,
    Traced,
    check_reads,
    code_text,
    kebab,
    keyed,
)
from pylightnix_fn.matcher.candidate import AnyMatcher, ManyMatcher, Matcher
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.outputs import Promise, why_no_output
from pylightnix_fn.realizer import Recipe, name_of
from pylightnix_fn.refs import DRef, Many, checked_name, dref
from pylightnix_fn.resources import ONE_CORE, Resources
from pylightnix_fn.shorthand.call import Arguments, Called, Written
from pylightnix_fn.tracing import traced

P = ParamSpec("P")

_Code: TypeAlias = Traced | Version | None
_NAMES: Final = ("__module__", "__name__", "__qualname__", "__doc__")


@frozen
class _Options:
    matcher: AnyMatcher
    name: str | None
    code: _Code
    resources: Resources


One: TypeAlias = Callable[Concatenate[Manager, P], tuple[Manager, DRef[Written]]]
Several: TypeAlias = Callable[Concatenate[Manager, P], tuple[Manager, Many[Written]]]


@overload
def autostage(function: Callable[P, None], /) -> One[P]: ...
@overload
def autostage(
    *,
    matcher: Matcher = ...,
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> Callable[[Callable[P, None]], One[P]]: ...
@overload
def autostage(
    *,
    matcher: ManyMatcher,
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> Callable[[Callable[P, None]], Several[P]]: ...
def autostage(
    function: Callable[P, None] | None = None,
    /,
    *,
    matcher: AnyMatcher = latest(),
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> One[P] | Callable[[Callable[P, None]], One[P]] | Callable[[Callable[P, None]], Several[P]]:
    """Make a stage of a function with defaults, alone or with options: ``@autostage(name="fit")``.

    ``def fit(data: DRef[Mnist], rate: float = 0.1, weights: Path = Path("w.npz"))`` is called with
    the manager in front, ``m, model = fit(m, data, rate=0.2)``. Arguments that are paths are
    promised outputs, and arrive as where to write. References arrive dereferenced: as the outputs
    themselves, or, where the parameter is annotated with `DRef`, as a reference whose ``outputs``
    are where they lie, ``data.outputs.npz``, which type checkers follow on both sides. `Many`
    arrive as a tuple of outputs. All other arguments are the config.
    Errors: those of `derive`, and `BadParameter`.
    """
    options = _Options(matcher, name, code, resources)
    if function is not None:
        return _one(function, options)
    if isinstance(matcher, ManyMatcher):
        return lambda each: _several(each, options)
    return lambda each: _one(each, options)


def _one(function: Callable[P, None], options: _Options) -> One[P]:
    def made(m: Manager, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Manager, DRef[Written]]:
        return _added(m, function, _bound(function, *args, **kwargs), options)

    return update_wrapper(made, function, assigned=_NAMES)


def _several(function: Callable[P, None], options: _Options) -> Several[P]:
    def made(m: Manager, /, *args: P.args, **kwargs: P.kwargs) -> tuple[Manager, Many[Written]]:
        m, reference = _added(m, function, _bound(function, *args, **kwargs), options)
        return m, Many(reference)

    return update_wrapper(made, function, assigned=_NAMES)


def _bound(function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> dict[str, object]:
    """The arguments by their names, defaults among them."""
    try:
        call = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        given = ", ".join([*map(shown, args), *(f"{k}={shown(v)}" for k, v in kwargs.items())])
        signature = f"{name_of(function)}{inspect.signature(function)}"
        raise BadParameter(
            name_of(function), "arguments", given or "none", f"{signature}, but {error}"
        ) from error
    call.apply_defaults()
    return dict(call.arguments)


def _added(
    m: Manager, function: object, values: dict[str, object], options: _Options
) -> tuple[Manager, DRef[Written]]:
    called = name_of(function)
    label = checked_name(kebab(called) if options.name is None else options.name)
    outputs, promised = _outputs(called, values)
    check_reads(label, options.matcher, promised)
    walk = Walk(label)
    given = {key: value for key, value in values.items() if key not in outputs.files}
    below = walk.mapping(given, called, MAX_DEPTH - 1)
    inputs = [each.outputs for each in walk.drefs]
    seen = traced(function, inputs) if isinstance(options.code, Traced) else None
    encoding = keyed(walk, label, spelled(outputs.files), code_text(options.code, seen), below)
    reference = dref(encoding.digest, label, outputs)
    realizer, arguments = Called(function), Arguments(copy.deepcopy(values))
    derivation = Derivation(
        reference,
        encoding,
        dependencies(encoding),
        options.matcher,
        Recipe(arguments, reference, realizer, realizer if seen is None else None),
        called,
        promised,
        seen.packages if seen else (),
        options.resources,
    )
    return m.adding(derivation), reference


def _outputs(function: str, values: Mapping[str, object]) -> tuple[Written, tuple[Promise, ...]]:
    files: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Path):
            path = value.as_posix()
            if why := why_no_output(path) or _why_not_beside(name, path, files):
                raise MalformedOutputs(function, name, path, why)
            files[name] = path
    if not files:
        expected = "a function with a parameter that is a Path, to write to"
        raise BadParameter("autostage", "function", function, expected)
    promised = (Promise(f"{function}.{name}", path) for name, path in files.items())
    return Written(files=files), tuple(promised)


def _why_not_beside(name: str, path: str, files: Mapping[str, str]) -> str:
    if name in ("path", "files") or name.startswith("_"):
        return "an output cannot have this name: it is an attribute of the folder"
    return "another has the same path" if path in files.values() else ""
