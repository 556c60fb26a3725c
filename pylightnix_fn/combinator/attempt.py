"""Failures as results: a realization that says how its realizer fared, and has a value if well.

So matchers can see a failure, and dependents can refuse it or go on without. What the realizer
wrote before it failed is no part of the result: it stays where that of any failed build does.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from attrs import evolve, field, frozen

from pylightnix_fn.codec import text
from pylightnix_fn.errors.build import DependencyFailed
from pylightnix_fn.matcher.candidate import Candidate, M
from pylightnix_fn.matcher.combination import where
from pylightnix_fn.outputs import INNER, Artifact, artifact, promises
from pylightnix_fn.realizer import Build, Realizer, name_of
from pylightnix_fn.refs import DRef

C = TypeVar("C")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

OUTCOME_FILE: Final = "outcome.txt"
SUCCEEDED: Final = "succeeded\n"
LONGEST: Final = 2**12  # characters of why, and of a traceback


@frozen
class Attempted(Generic[T_co]):
    """The outputs of an attempt: those of its realizer, if it succeeded, and the outcome.

    ``outcome`` says ``succeeded``, or ``failed``, why, of which derivation, and the traceback.
    """

    value: T_co = field(metadata=INNER)
    outcome: Artifact[str] = field(default=artifact(OUTCOME_FILE, text), init=False)

    @property
    def succeeded(self) -> bool:
        """Whether there is a value."""
        return self.outcome.read() == SUCCEEDED

    def get(self) -> T_co:
        """The outputs of the realizer; `DependencyFailed` where it failed."""
        told = self.outcome.read()
        if told == SUCCEEDED:
            return self.value
        outcome, reference, *_ = [*told.splitlines(), "", ""]
        raise DependencyFailed(reference, outcome, str(self.outcome))


@frozen
class Attempt(Generic[C, T]):
    """See `attempt`."""

    realizer: Realizer[C, T]

    def __call__(self, b: Build[C, Attempted[T]]) -> None:
        outputs = b.dref.outputs.value
        try:
            self.realizer(Build(b.config, DRef(b.dref.text, outputs), b.site))
            for site in (b.site, *b.site.later):
                site.check(promises(outputs))
        except (Exception, SystemExit) as error:
            why, traceback = b.site.fail(error)
            b.out.outcome.write(_failed(b.dref, why, traceback))
            return
        for site in (b.site, *b.site.later):
            evolve(b, site=site).out.outcome.write(SUCCEEDED)

    @property
    def __name__(self) -> str:
        return f"attempt({name_of(self.realizer)})"


def attempt(realizer: Realizer[C, T]) -> Realizer[C, Attempted[T]]:
    """Let a failure be a result: ``derive(m, Train(d), Attempted(Model()), attempt(fit))``.

    A failure is also put on record, with what was written: ``store.failures(dref)``. What the
    machine had too little of, a full disk for one, is no outcome: it fails the build. Put `retry`,
    `timeout` and the like inside: outside of it, nothing fails. `samples` is better outside: inside
    it, one that fails is the failure of all.
    """
    return Attempt(realizer)


def succeeded(matcher: M) -> M:
    """The matcher, shown only attempts that succeeded: so a failure is tried again.

    It is tried within the budget of one `realize`; one that fails the same way again and again, as
    often as its ``repeats``.
    """
    chosen = where(did_succeed, matcher, reads=OUTCOME_FILE)
    return evolve(chosen, label=f"succeeded({matcher.label})")


def did_succeed(candidate: Candidate) -> bool:
    """Whether a candidate is an attempt that succeeded."""
    return candidate.texts.get(OUTCOME_FILE) == SUCCEEDED


def _failed(dref: DRef[object], why: str, traceback: str) -> str:
    """The text of a failure, small enough for matchers to see it."""
    cut = traceback if len(traceback) <= LONGEST else f"...\n{traceback[-LONGEST:]}"
    return f"failed: {why[:LONGEST]}\n{dref.text}\n\n{cut}"
