"""Realizers as stages, by a decorator: all but the config stands beside the function.

Short for `derive`, and nothing more: the same key, the same checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar, overload

from attrs import AttrsInstance, frozen

from pylightnix_fn.code import Version
from pylightnix_fn.manager import TRACED, Manager, Traced, derive
from pylightnix_fn.matcher.candidate import AnyMatcher, ManyMatcher, Matcher
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.realizer import Realizer, name_of
from pylightnix_fn.refs import DRef, Many
from pylightnix_fn.resources import ONE_CORE, Resources

C = TypeVar("C", bound=AttrsInstance)
T = TypeVar("T", bound=AttrsInstance)

_Code: TypeAlias = Traced | Version | None


@frozen
class Staged(Generic[C, T]):
    """A realizer as a stage; call it with a manager and a config."""

    realizer: Realizer[C, T]
    outputs: T
    matcher: Matcher
    name: str | None
    code: _Code
    resources: Resources

    def __call__(self, m: Manager, config: C) -> tuple[Manager, DRef[T]]:
        return derive(
            m,
            config,
            self.outputs,
            self.realizer,
            self.matcher,
            name=self.name,
            code=self.code,
            resources=self.resources,
        )

    @property
    def __name__(self) -> str:
        return name_of(self.realizer)


@frozen
class StagedMany(Generic[C, T]):
    """A realizer as a stage whose matcher chooses any number of realizations."""

    realizer: Realizer[C, T]
    outputs: T
    matcher: ManyMatcher
    name: str | None
    code: _Code
    resources: Resources

    def __call__(self, m: Manager, config: C) -> tuple[Manager, Many[T]]:
        return derive(
            m,
            config,
            self.outputs,
            self.realizer,
            self.matcher,
            name=self.name,
            code=self.code,
            resources=self.resources,
        )

    @property
    def __name__(self) -> str:
        return name_of(self.realizer)


@overload
def stage(
    *,
    outputs: T,
    matcher: Matcher = ...,
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> Callable[[Realizer[C, T]], Staged[C, T]]: ...
@overload
def stage(
    *,
    outputs: T,
    matcher: ManyMatcher,
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> Callable[[Realizer[C, T]], StagedMany[C, T]]: ...
def stage(
    *,
    outputs: T,
    matcher: AnyMatcher = latest(),
    name: str | None = None,
    code: _Code = TRACED,
    resources: Resources = ONE_CORE,
) -> Callable[[Realizer[C, T]], Staged[C, T]] | Callable[[Realizer[C, T]], StagedMany[C, T]]:
    """Make a realizer a stage: ``@stage(outputs=Model())`` over ``fit(b: Build[Train, Model])``.

    Then ``m, model = fit(m, Train(dataset))`` is ``derive(m, Train(dataset), Model(), ...)``, and
    ``fit.realizer`` is the function. Combinators go below: ``@stage(...)`` over ``@retry(3)``.
    """

    if isinstance(matcher, ManyMatcher):
        return lambda fit: StagedMany(fit, outputs, matcher, name, code, resources)
    return lambda fit: Staged(fit, outputs, matcher, name, code, resources)
