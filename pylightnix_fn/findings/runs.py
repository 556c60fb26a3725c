"""The realizations of a name as a table: what they were made with, and the numbers they gave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.comparison import ABSENT, Side, value_text
from pylightnix_fn.errors.inquiry import UnknownColumn
from pylightnix_fn.findings.columns import columns, counted, cut, number_text, when
from pylightnix_fn.findings.condition import Number, finite, number_of
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import RRef
from pylightnix_fn.retention.table import WIDTH
from pylightnix_fn.tree import Folder

STARTED: Final = "started"
_GIVEN: Final = (STARTED, "seconds", "size")
_DIGITS: Final = 8


@frozen
class Run:
    """A realization: when it began, in UTC; what it cost; what it was made with, and gave.

    ``fields`` are parts of its config by path, ``numbers`` the artifacts that hold one number.
    ``chosen`` says whether the matcher that was asked chooses it.
    """

    rref: RRef[Folder]
    started: datetime
    seconds: float
    size: int
    fields: Mapping[str, Json] = field(factory=dict, hash=False)
    numbers: Mapping[str, Number] = field(factory=dict, hash=False)
    chosen: bool = False

    def value(self, column: str) -> Side:
        """What stands in a column of the table; `ABSENT` if nothing."""
        match column:
            case "started":
                return self.started.isoformat()
            case "seconds":
                return self.seconds
            case "size":
                return self.size
            case _:
                return self.numbers.get(column, self.fields.get(column, ABSENT))

    def json(self) -> Json:
        """All that is known, times in ISO format."""
        return {
            "rref": self.rref.text,
            "started": self.started.isoformat(),
            "seconds": self.seconds,
            "size": self.size,
            "fields": dict(self.fields),
            "numbers": {path: finite(number) for path, number in self.numbers.items()},
            "chosen": self.chosen,
        }


@frozen
class Runs:
    """Realizations in the order of a column, those first that have the largest there.

    ``matcher`` is the label of the matcher that was asked, empty where none was; ``more`` counts
    realizations that were left out.
    """

    runs: tuple[Run, ...]
    matcher: str = ""
    by: str = STARTED
    ascending: bool = False
    more: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """What can be sorted by: the numbers, the fields that vary, when, how long and how much."""
        numbers = sorted({path for each in self.runs for path in each.numbers})
        fields = sorted({path for each in self.runs for path in each.fields} - {*numbers})
        varying = [path for path in fields if self._varies(path)]
        return (*numbers, *varying, *_GIVEN)

    def _varies(self, column: str) -> bool:
        values = (each.value(column) for each in self.runs)
        return len({"" if value is ABSENT else canonical(value) for value in values}) > 1

    def sorted(self, by: str, *, ascending: bool = False) -> Runs:
        """The table in the order of a column; `UnknownColumn` if there is none such.

        What has nothing there comes last.
        """
        if by not in self.columns and not any(by in each.fields for each in self.runs):
            raise UnknownColumn(by, ", ".join(self.columns))
        ordered = sorted(self.runs, key=lambda run: run.rref.text)
        with_value = [run for run in ordered if run.value(by) is not ABSENT]
        without = [run for run in ordered if run.value(by) is ABSENT]
        with_value.sort(key=lambda run: _rank(run.value(by)), reverse=not ascending)
        return evolve(self, runs=(*with_value, *without), by=by, ascending=ascending)

    def first(self, n: int) -> Runs:
        """The table without what comes after the first ``n``."""
        return evolve(self, runs=self.runs[:n], more=self.more + max(0, len(self.runs) - n))

    @property
    def best(self) -> Run | None:
        """The first by a number that was asked for; `None` in a table by other columns."""
        if not self.runs or self.by in _GIVEN:
            return None
        return self.runs[0] if number_of(_json(self.runs[0].value(self.by))) is not None else None

    def json(self) -> Json:
        """Columns and all rows, in order."""
        best = self.best
        return {
            "by": self.by,
            "ascending": self.ascending,
            "matcher": self.matcher or None,
            "columns": list(self.columns),
            "best": None if best is None else best.rref.text,
            "runs": [each.json() for each in self.runs],
        }

    def text(self, width: int = WIDTH) -> str:
        """The table on lines of so many columns at most, the column that it goes by first.

        Where there are several derivations, the hash of each stands before a slash: `lookup`
        takes it so.
        """
        if not self.runs:
            return "no realizations"
        names = (self.by, *(each for each in self.columns if each != self.by))
        labels = self._labels()
        rows = [
            (label, *(_cell(run, each) for each in names))
            for label, run in zip(labels, self.runs, strict=True)
        ]
        marks = (["* best"] if self.best else []) + ([f"> {self.matcher}"] if self.matcher else [])
        title = f"{counted(len(self.runs) + self.more, 'realization')} of {self.runs[0].rref.name}"
        cut_off = [f"the first {len(self.runs)}"] if self.more else []
        header = cut(", ".join((title, *cut_off, *marks)), width)
        return "\n".join((header, *columns(("realization", *names), rows, width)))

    def _labels(self) -> list[str]:
        best = self.best
        of = [run.rref.dref.digest[:_DIGITS] for run in self.runs]
        several = len({*of}) > 1
        marks = (("*" if run is best else "") + (">" if run.chosen else "") for run in self.runs)
        return [
            f"{f'{each}/' if several else ''}{run.rref.digest[:_DIGITS]} {mark}".rstrip()
            for each, run, mark in zip(of, self.runs, marks, strict=True)
        ]

    def __str__(self) -> str:
        return self.text()


def _rank(value: Side) -> tuple[int, float | int, str]:
    number = None if value is ABSENT else number_of(value)
    if number is not None:
        return 1, number, ""
    return 0, 0, value if isinstance(value, str) else canonical(_json(value))


def _json(value: Side) -> Json:
    return None if value is ABSENT else value


def _cell(run: Run, column: str) -> str:
    if column == STARTED:
        return when(run.started)
    if column == "seconds":
        return duration_text(run.seconds)
    if column == "size":
        return size_text(run.size)
    value = run.value(column)
    if column in run.numbers:
        return number_text(run.numbers[column])
    return "" if value is ABSENT else value if isinstance(value, str) else value_text(value)
