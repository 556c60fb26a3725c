"""What is compared with what, and what is to come of it: plain values, nothing is run here."""

from __future__ import annotations

from typing import Final

from attrs import frozen

OURS: Final = "ours"
FLOOR: Final = "floor"
BARE: Final = "bare"


@frozen
class Contender:
    """One way to do the work of a case: a command, in which ``{folder}`` stands for its own folder.

    ``needs`` names what must be installed; ``shares`` whose folder it works in, if not its own.
    ``stock`` fills the folder beforehand, unmeasured; without it, an earlier run of the command.
    """

    name: str
    command: tuple[str, ...]
    needs: str = ""
    shares: str = ""
    stock: tuple[str, ...] = ()

    @property
    def is_peer(self) -> bool:
        """Whether it is here to be compared with only, so that its time is limited by ours."""
        return self.name not in (OURS, FLOOR, BARE)


@frozen
class Goal:
    """A bound: our figure, over the smallest of what it is measured against.

    ``against`` are contenders, and none for a bound in the figure's own unit; ``label`` names a
    smaller case of the same workload that they are taken from; ``per`` so many pieces of work.
    """

    words: str
    limit: float
    against: tuple[str, ...] = ()
    figure: str = "wall"
    other: str = "wall"
    label: str = ""
    contender: str = OURS
    per: int = 1


@frozen
class Case:
    """Contenders over the same work, so many times, and what is hoped for.

    ``fresh`` gives each run an empty folder. ``family`` joins cases of growing size: who takes long
    in one may be left out of the next. ``shown`` are the figures in the table. ``stock`` names what
    the last run of a fresh case leaves behind, and cases that are not fresh find.
    """

    workload: str
    label: str
    contenders: tuple[Contender, ...]
    goals: tuple[Goal, ...] = ()
    fresh: bool = False
    runs: int = 5
    shown: tuple[str, ...] = ("wall",)
    family: str = ""
    traced: bool = True
    stock: str = ""

    @property
    def title(self) -> str:
        """Workload and label."""
        return f"{self.workload}, {self.label}" if self.label else self.workload

    def asks_for(self, contender: Contender) -> bool:
        """Whether a goal depends on it."""
        return any(contender.name in each.against for each in self.goals)


def program(name: str, *arguments: str) -> tuple[str, ...]:
    """The command of one of the programs here."""
    return ("{python}", "-m", f"benchmarks.programs.{name}", *arguments)


def within(times: float, other: str, figure: str = "wall", words: str = "") -> Goal:
    """At most so many times what another takes."""
    return Goal(words or f"at most {times:g} times {other}", times, (other,), figure, figure)


def ahead_of(peers: tuple[str, ...], times: float = 1.0, figure: str = "wall") -> Goal:
    """Less than each of these."""
    faster = "faster" if times == 1 else f"{1 / times:g} times faster"
    words = f"{faster} than {', '.join(peers)}"
    return Goal(words, times, peers, figure, figure)
