"""What happens to all derivations of a closure, and for how long.

Knows no store: `outlook.explain` finds out what is told here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.explanation.lines import few, wrapped
from pylightnix_fn.explanation.step import Miss, Outlook
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import DRef
from pylightnix_fn.retention.table import WIDTH
from pylightnix_fn.timetable import Job, longest_chain, makespan


@frozen
class Explanation:
    """What a realization of a closure would use and build, in order, and for how long.

    ``seconds`` is the time of all builds, one after the other, ``makespan`` that with so many
    ``workers``, whatever else builds share; `None` where nothing is known of any. ``chain`` is what
    no number of workers can do faster. A build of which nothing is known counts as the middle of
    the others.
    """

    steps: tuple[Outlook, ...]
    chain: tuple[Miss, ...]
    seconds: float | None
    makespan: float | None
    workers: int

    @property
    def misses(self) -> tuple[Miss, ...]:
        """What would be built."""
        return tuple(step for step in self.steps if isinstance(step, Miss))

    @property
    def unknown(self) -> tuple[Miss, ...]:
        """What would be built, and nobody knows for how long."""
        return tuple(miss for miss in self.misses if miss.estimate is None)

    @property
    def size(self) -> int:
        """How many bytes they may give; without the unknown ones."""
        known = ((miss.builds, miss.estimate) for miss in self.misses)
        return sum(builds * each.size for builds, each in known if each is not None)

    def json(self) -> Json:
        return {
            "steps": [step.json() for step in self.steps],
            "builds": sum(miss.builds for miss in self.misses),
            "unknown": [miss.dref.text for miss in self.unknown],
            "seconds": self.seconds,
            "size": self.size,
            "workers": self.workers,
            "makespan": self.makespan,
            "chain": [miss.dref.text for miss in self.chain],
        }

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH) -> str:
        """In lines of at most so many columns."""
        entries = [step.text(width) for step in self.steps]
        totals = [line for total in self._totals() for line in wrapped(total, width)]
        return "\n".join([*entries, *([""] if entries else []), *totals])

    def _totals(self) -> Iterator[str]:
        if not self.misses:
            yield "Nothing is to be built."
            return
        yield f"{len(self.misses)} of {len(self.steps)} derivations are to be built."
        if self.seconds is None or self.makespan is None:
            yield "Nothing of their names was built before, so nobody knows for how long."
            return
        many = f", with {self.workers} workers {duration_text(self.makespan)}"
        spent = f"Expected: {duration_text(self.seconds)}{many if self.workers > 1 else ''}"
        yield f"{spent}; {size_text(self.size)}."
        if self.unknown:
            names = few(miss.dref.name for miss in self.unknown)
            yield f"A guess, for nothing of the name was built before: {', '.join(names)}."
        if len(self.chain) > 1:
            yield f"Longest chain: {', '.join(few(map(_link, self.chain)))}."


def explanation(
    steps: tuple[Outlook, ...], needs: Mapping[DRef[object], tuple[DRef[object], ...]], workers: int
) -> Explanation:
    """The steps with what follows for times: dependencies stand before what ``needs`` them."""
    misses = [step for step in steps if isinstance(step, Miss)]
    position = {miss.dref: number for number, miss in enumerate(misses)}
    known = [miss.estimate.seconds for miss in misses if miss.estimate is not None]
    guess = median(known) if known else 1.0
    jobs = [
        Job(
            miss.builds * (guess if miss.estimate is None else miss.estimate.seconds),
            tuple(position[need] for need in needs[miss.dref] if need in position),
        )
        for miss in misses
    ]
    chain = tuple(misses[number] for number in longest_chain(jobs))
    if misses and not known:
        return Explanation(steps, chain, None, None, workers)
    return Explanation(steps, chain, makespan(jobs, 1), makespan(jobs, workers), workers)


def _link(miss: Miss) -> str:
    known = miss.estimate
    return f"{miss.dref.name} ({duration_text(miss.builds * known.seconds) if known else '?'})"
