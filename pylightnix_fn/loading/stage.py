"""Stages by their names: ``package.module:stage`` or ``path/to/file.py:stage``.

Importing is an effect: the module's own code runs, and the folder that it is found from stays on
`sys.path`, as with ``python file.py``, for what the module imports later. A stage has the same key
as where its file runs as a script.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from inspect import Parameter, Signature
from types import ModuleType
from typing import Final, Protocol, TypeGuard

from attrs import field, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.closure import Closure, instantiate
from pylightnix_fn.errors.loading import MalformedTarget, NotAStage, UnknownStage
from pylightnix_fn.loading.arguments import Argument, arguments_of, values_of
from pylightnix_fn.loading.module import imported
from pylightnix_fn.manager import Manager
from pylightnix_fn.refs import DRef

MOST_NEAR: Final = 5


class StageFunction(Protocol):
    """A stage of which only this is known: it takes a manager first."""

    def __call__(
        self, m: Manager, /, *args: object, **kwargs: object
    ) -> tuple[Manager, DRef[object]]: ...


@frozen
class LoadedStage:
    """A stage with what it is called with: `closure` instantiates it."""

    target: str
    stage: StageFunction = field(repr=False)
    arguments: tuple[Argument, ...]

    @property
    def name(self) -> str:
        """What it is called in its module."""
        return self.target.rpartition(":")[2]

    @property
    def about(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.stage) or "").partition("\n")[0]

    def closure(self, texts: Iterable[str] = ()) -> Closure[object]:
        """The closure of the stage with arguments such as ``epochs=3``.

        Errors: `UnknownArgument`, `MissingArgument`, `BadArgument`, those of `instantiate`, and
        all that the stage itself raises.
        """
        values = values_of(self.name, self.arguments, texts)
        placed = [each.name for each in self.arguments if each.is_placed]
        given = [name for name in placed if name in values]
        if given != placed[: len(given)]:  # some between have defaults
            return instantiate(self.stage, **values)
        named = {name: value for name, value in values.items() if name not in given}
        return instantiate(self.stage, *(values[name] for name in given), **named)

    def json(self) -> Json:
        return {
            "target": self.target,
            "about": self.about,
            "arguments": [each.json() for each in self.arguments],
        }

    def __str__(self) -> str:
        about = f": {self.about}" if self.about else ""
        return "\n".join([f"{self.target}{about}", *(f"  {each}" for each in self.arguments)])


def load(target: str) -> LoadedStage:
    """The stage that ``MODULE:STAGE`` or ``FILE.py:STAGE`` names.

    Errors: `MalformedTarget`, `UnknownModule`, `BrokenModule`, `UnknownStage`, `NotAStage`.
    """
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise MalformedTarget(target)
    module = imported(place)
    value: object = module
    for part in name.split("."):
        value = getattr(value, part, _NOTHING)
        if value is _NOTHING:
            raise UnknownStage(place, name, _near(module, place, name))
    if why := _why_no_stage(value):
        raise NotAStage(target, _found(value), why)
    assert is_stage(value)  # or there were a reason
    return LoadedStage(target, value, arguments_of(signature_of(value)))


def stages_in(place: str) -> tuple[LoadedStage, ...]:
    """The stages that a module, or a file, defines, in its order; without those with ``_``."""
    return tuple(_stages(imported(place), place))


def is_stage(value: object) -> TypeGuard[StageFunction]:
    """Whether this is called with a manager first, so far as its signature tells."""
    return not _why_no_stage(value)


def signature_of(stage: object) -> Signature:
    """How a function is called, with the types that its annotations name.

    A function that passes on whatever it is given is called as what it wraps.
    """
    if not callable(stage):
        return Signature()
    direct = inspect.signature(stage, follow_wrapped=False)
    passes_on = any(each.kind is Parameter.VAR_POSITIONAL for each in direct.parameters.values())
    try:
        return inspect.signature(stage, follow_wrapped=passes_on, eval_str=True)
    except Exception:  # names that only a type checker sees: then texts are all that is known
        return inspect.signature(stage, follow_wrapped=passes_on)


def _why_no_stage(value: object) -> str:
    """Empty where it may be a stage."""
    if isinstance(value, type) or not callable(value):
        return "it is no function"
    try:
        parameters = list(signature_of(value).parameters.values())
    except ValueError:
        return "nobody knows how to call it"
    first = parameters[0] if parameters else None
    if first is None or first.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD):
        return "it takes no manager"
    known = (Parameter.empty, object, Manager, "Manager")
    if first.annotation in known or str(first.annotation) == "typing.Any":
        return ""
    return f"its first parameter is {inspect.formatannotation(first.annotation)}"


def _found(value: object) -> str:
    kind = "class" if isinstance(value, type) else type(value).__name__
    return f"{kind} {getattr(value, '__name__', '')}".strip()


def _stages(module: ModuleType, place: str) -> Iterator[LoadedStage]:
    for name, value in vars(module).items():
        own = getattr(value, "__module__", None) == module.__name__
        if own and not name.startswith("_") and _is_declared(value) and is_stage(value):
            yield LoadedStage(f"{place}:{name}", value, arguments_of(signature_of(value)))


def _is_declared(value: object) -> bool:
    """Whether a function says by its first annotation that it takes a manager."""
    if not inspect.isroutine(value):
        return False
    first = next(iter(signature_of(value).parameters.values()), None)
    return first is not None and first.annotation in (Manager, "Manager")


def _near(module: ModuleType, place: str, name: str) -> str:
    names = [each.name for each in _stages(module, place)]
    return ", ".join(get_close_matches(name, names, MOST_NEAR, 0.5) or names[:MOST_NEAR])


_NOTHING: Final = object()
