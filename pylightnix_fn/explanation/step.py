"""What happens to one derivation, why, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import Change
from pylightnix_fn.explanation.lines import entry, few
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.table import WIDTH

RRefs: TypeAlias = tuple[RRef[object], ...]
Context: TypeAlias = Mapping[DRef[object], RRefs]


@frozen
class Hit:
    """A derivation whose matcher is satisfied with what the store holds, and with what."""

    dref: DRef[object]
    rrefs: RRefs
    why: str

    def json(self) -> Json:
        return {
            "dref": self.dref.text,
            "step": "use",
            "rrefs": [each.text for each in self.rrefs],
            "why": self.why,
        }

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH) -> str:
        """In lines of at most so many columns."""
        texts = few(self.rrefs) or [f"none of {self.dref}"]
        lines = [*texts, self.why] if len(texts) > 1 else [f"{texts[0]}, {self.why}"]
        return entry("use", lines, width)


@frozen
class Moved:
    """A dependency of which other realizations are chosen than an earlier build saw."""

    dref: DRef[object]
    old: RRefs
    new: RRefs

    def json(self) -> Json:
        sides = {"old": self.old, "new": self.new}
        texts = {side: [each.text for each in rrefs] for side, rrefs in sides.items()}
        return {"dref": self.dref.text, **texts}

    def __str__(self) -> str:
        old, new = (
            " ".join(few(each.digest[:8] for each in those)) for those in (self.old, self.new)
        )
        what = "is another realization" if len(self.old) == len(self.new) == 1 else "are others"
        return f"dependency {self.dref.name} {what}: {old or 'none'} -> {new or 'none'}"


@frozen
class Relative:
    """What was built before and differs least: another derivation of the name, or the same.

    ``built`` is when its latest build began.
    """

    dref: DRef[object]
    built: datetime
    changes: tuple[Change, ...] = ()
    moved: tuple[Moved, ...] = ()

    def json(self) -> Json:
        return {
            "dref": self.dref.text,
            "built": self.built.isoformat(),
            "changes": [each.json() for each in self.changes],
            "dependencies": [each.json() for each in self.moved],
        }


@frozen
class Estimate:
    """What one build may cost: the middle of so many earlier ``builds`` of a derivation."""

    dref: DRef[object]
    seconds: float
    size: int
    builds: int

    def json(self) -> Json:
        return {
            "dref": self.dref.text,
            "seconds": self.seconds,
            "size": self.size,
            "builds": self.builds,
        }


@frozen
class Miss:
    """A derivation that must be built so many times, and why.

    ``relative`` is what was built before instead, if anything; ``estimate`` is of one build.
    """

    dref: DRef[object]
    why: str
    builds: int = 1
    relative: Relative | None = None
    estimate: Estimate | None = None

    def json(self) -> Json:
        return {
            "dref": self.dref.text,
            "step": "build",
            "why": self.why,
            "builds": self.builds,
            "relative": None if self.relative is None else self.relative.json(),
            "estimate": None if self.estimate is None else self.estimate.json(),
        }

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH) -> str:
        """In lines of at most so many columns."""
        return entry("build", [self.dref.text, self.why, *self._kin(), *self._cost()], width)

    def _kin(self) -> Iterator[str]:
        if self.relative is None:
            return
        whose = "its own build" if self.relative.dref == self.dref else self.relative.dref.text
        yield f"unlike {whose} of {self.relative.built:%Y-%m-%d %H:%M}:"
        yield from (f"  {each}" for each in few((*self.relative.changes, *self.relative.moved)))

    def _cost(self) -> Iterator[str]:
        known = self.estimate
        if known is not None:
            whose = "of it" if known.dref == self.dref else "of that"
            times = f"{self.builds} times " if self.builds > 1 else ""
            earlier = f"{known.builds} build{'' if known.builds == 1 else 's'} {whose}"
            yield f"some {times}{duration_text(known.seconds)}, {size_text(known.size)} ({earlier})"


Outlook: TypeAlias = Hit | Miss


def moves(before: Context, now: Context) -> tuple[Moved, ...]:
    """The dependencies in both contexts of which not the same realizations are chosen."""
    return tuple(
        Moved(dref, before[dref], rrefs)
        for dref, rrefs in now.items()
        if dref in before and before[dref] != rrefs
    )
