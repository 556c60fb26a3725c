"""Stopping before a build, with all that it needs: for work in a REPL or notebook, step by step.

A paused build is a real one: the same site, the same lock, the same commit. Only the realizer is
missing, and the user stands in its place.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import Final, Generic, Self, TypeVar, overload

from attrs import Factory, define, frozen

from pylightnix_fn.building import check_promises, committed, dismiss, leave, samples_of
from pylightnix_fn.closure import Closure
from pylightnix_fn.driver import realize
from pylightnix_fn.errors.build import BeingBuilt, InputGone, PauseEnded
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.failure import Failure
from pylightnix_fn.manager import Derivation
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.plan import Budget
from pylightnix_fn.realization import Chosen
from pylightnix_fn.realizer import Arguments, Build, Context, Recipe
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.remains import continued
from pylightnix_fn.settling import free_number
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.workshop import Workshop, workshop

C = TypeVar("C")
T = TypeVar("T")


_OPEN: Final = "it is paused"
_COMMITTED: Final = "it is committed"


@define
class _Pause:
    """The one thing about a paused build that changes: whether, and how, it has ended."""

    first: Workshop
    lock: ExitStack
    state: str = _OPEN
    made: list[RRef[object]] = Factory(list)

    def left(self) -> tuple[Workshop, ...]:
        """The sites that are not committed."""
        return (self.first, *self.first.others)[len(self.made) :]

    def commit(self) -> None:
        check_promises(self.first)
        for site in self.left():
            self.made.append(committed(site).rref)
        self.end(_COMMITTED)

    def end(self, state: str) -> None:
        self.state = state
        self.lock.close()


@frozen(eq=False, repr=False)
class Paused(Build[C, T], Generic[C, T]):
    """A build that waits for its user: write to ``path`` and ``out``, then `commit` or `cancel`.

    As a context manager it commits when the block is left; an exception makes it a failed build.
    """

    _pause: _Pause

    @property
    def rref(self) -> RRef[T]:
        """What the build became; `PauseEnded` where it was not committed."""
        if self._pause.state != _COMMITTED:
            raise PauseEnded(self.name, "the realization", self._pause.state)
        return RRef(self._pause.made[0].text, self.dref.outputs)

    def commit(self) -> RRef[T]:
        """Make what was written a realization. After an error it is still paused: mend it.

        Errors: those of a build, and `PauseEnded`.
        """
        if self._pause.state != _COMMITTED:
            self._check_open("to commit")
            self._pause.commit()
        return self.rref

    def cancel(self) -> None:
        """Delete what was written; nothing is recorded."""
        self._check_open("to cancel")
        dismiss(self._pause.left())
        self._pause.end("it was cancelled")

    def fail(self, error: BaseException) -> None:
        """Put the build on record as failed, with all that was written."""
        self._check_open("to fail")
        leave(self._pause.left(), error)
        self._pause.end("it failed")

    def _check_open(self, wanted: str) -> None:
        if self._pause.state != _OPEN:
            raise PauseEnded(self.name, wanted, self._pause.state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: object
    ) -> None:
        if self._pause.state != _OPEN:
            return
        if error is not None:
            error.add_note(f"In the paused build of '{self.name}'; it wrote: {self.path}")
            self.fail(error)
            return
        try:
            self._pause.commit()
        except BaseException as refused:
            self.fail(refused)
            raise

    def __repr__(self) -> str:
        return f"<paused build of {self.dref.text}: {self._pause.state}>"


@overload
def paused(
    closure: Closure[object],
    store: Store,
    reference: DRef[T] | Many[T],
    *,
    failure: Failure | None = None,
    arguments: Arguments | None = None,
    budget: Budget = ...,
    observe: Observer = ...,
) -> Paused[object, T]: ...
@overload
def paused(
    closure: Closure[object],
    store: Store,
    reference: DRef[T] | Many[T],
    config: type[C],
    *,
    failure: Failure | None = None,
    arguments: Arguments | None = None,
    budget: Budget = ...,
    observe: Observer = ...,
) -> Paused[C, T]: ...
def paused(
    closure: Closure[object],
    store: Store,
    reference: DRef[T] | Many[T],
    config: type[C] | None = None,
    *,
    failure: Failure | None = None,
    arguments: Arguments | None = None,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
) -> Paused[object, T] | Paused[C, T]:
    """Realize all that a derivation needs, and stop before its build, which the user goes on with.

    ``with paused(closure, store, dref, Train) as b:`` commits when the block is left; without
    ``with``, `Paused.commit` does. The class of the config is for the type checker's sake, and is
    checked. With ``failure``, one of ``store.failures(dref)``, the build has that one's inputs and
    sample, and a copy of what it wrote; ``arguments`` are what its `Build.argument` gives. Nobody
    else builds the same until it has ended, this process included: a `realize` would wait. Errors:
    those of `realize`, `BeingBuilt`, `InputGone`.
    """
    dref = reference.dref if isinstance(reference, Many) else reference
    if dref not in closure.derivations:
        raise BadParameter("paused", "reference", dref.text, "a derivation of the closure")
    derivation = closure.derivations[dref]
    own = _config(derivation, object if config is None else config)
    if failure is not None:
        context = _reopened(derivation, store, failure)
    else:
        context = _realized(closure, derivation, store, budget, observe)
    store.register({dref: derivation.config})
    pause = _begun(derivation, store, context, failure, arguments or {})
    return Paused(own, dref, pause.first, pause)


def _begun(
    derivation: Derivation,
    store: Store,
    context: Context,
    failure: Failure | None,
    arguments: Arguments,
) -> _Pause:
    """Take the lock and a staging folder; both are given back if anything fails."""
    dref = derivation.dref

    def refuse(who: str) -> None:
        raise BeingBuilt(derivation.name, who)

    with ExitStack() as stack:
        stack.enter_context(store.building(dref, context, refuse))
        sample = (
            free_number(samples_of(store, store.rrefs(dref))) if failure is None else failure.sample
        )
        site = workshop(store, store.stage(dref), context, derivation, sample, arguments)
        if failure is not None:
            continued(failure.folder, site.folder)
        return _Pause(site, stack.pop_all())


def _realized(
    closure: Closure[object],
    derivation: Derivation,
    store: Store,
    budget: Budget,
    observe: Observer,
) -> Context:
    """The context of a derivation, realized."""
    needed = set(derivation.dependencies)
    for each in reversed(tuple(closure)):
        if each.dref in needed:
            needed.update(each.dependencies)
    below = {dref: each for dref, each in closure.derivations.items() if dref in needed}
    targets = derivation.dependencies
    if not targets:
        return {}
    return realize(Closure(below, targets, _Chosen(targets)), store, budget=budget, observe=observe)


@frozen
class _Chosen:
    """The shape of a context."""

    drefs: tuple[DRef[object], ...]

    def __call__(self, chosen: Chosen) -> Context:
        return {dref: tuple(each.rref for each in chosen.many(Many(dref))) for dref in self.drefs}


def _reopened(derivation: Derivation, store: Store, failure: Failure) -> Context:
    """The context of a failed build; `InputGone` where something of it is not there any more."""
    needs = derivation.dependencies
    if failure.dref != derivation.dref or failure.context.keys() != set(needs):
        expected = f"a failure of '{derivation.name}'"
        raise BadParameter("paused", "failure", failure.dref.text, expected)
    if not failure.place.is_dir():
        raise InputGone(derivation.name, str(failure.folder), str(failure.place))
    for rref in (rref for rrefs in failure.context.values() for rref in rrefs):
        if not store.pin([rref]):
            raise InputGone(derivation.name, rref.text, str(failure.place))
    return {dref: failure.context[dref] for dref in needs}


def _config(derivation: Derivation, kind: type[C]) -> C:
    """The config of a derivation, a copy that may be changed."""
    recipe = derivation.recipe
    held: object = recipe.config if isinstance(recipe, Recipe) else derivation.config
    if not isinstance(held, kind):
        expected = f"the class of the config of '{derivation.name}'"
        raise BadParameter("paused", "config", kind.__qualname__, expected)
    return copy.deepcopy(held)
