"""The winner of a sweep, as a realization of its own that says why it won."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final, Generic, TypeVar

from attrs import AttrsInstance, frozen

from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.errors.build import NothingToSelect
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.outputs import Artifact, is_reserved, outputs_text, promises
from pylightnix_fn.realizer import Build, name_of
from pylightnix_fn.refs import DRef, Many

T = TypeVar("T", bound=AttrsInstance)

SELECTION_FILE: Final = "selection.json"


@frozen
class Select(Generic[T]):
    """The config of `select`."""

    contenders: list[DRef[T] | Many[T]]
    lowest: bool


@frozen
class _Scored:
    """A contender with the numbers of its realizations, in the order of its context."""

    reference: DRef[object]
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.scores)


@frozen
class _Selecting(Generic[T]):
    by: Callable[[T], Artifact[float]]

    def __call__(self, b: Build[Select[T], T]) -> None:
        scored = [_scored(b, contender, self.by) for contender in b.config.contenders]
        known = [each for each in scored if each.scores and each.mean == each.mean]
        if not known:
            raise NothingToSelect(b.name, len(scored))
        sign = -1 if b.config.lowest else 1
        winner = max(known, key=lambda each: (sign * each.mean, each.reference.text))
        position = max(range(len(winner.scores)), key=lambda i: sign * winner.scores[i])
        _copy(b.site.inputs(winner.reference)[position], b.path)
        rref = b.site.context[winner.reference][position]
        (b.path / SELECTION_FILE).write_text(_reason(rref.text, scored), encoding="utf-8")

    @property
    def __name__(self) -> str:
        return f"select({name_of(self.by)})"


def select(
    m: Manager,
    contenders: Sequence[DRef[T] | Many[T]],
    by: Callable[[T], Artifact[float]],
    *,
    lowest: bool = False,
    name: str = "select",
) -> tuple[Manager, DRef[T]]:
    """The best of several derivations by a number: ``select(m, models, lambda o: o.accuracy)``.

    Several realizations of one derivation count by their mean, and the best of them is taken. The
    result holds the winner's artifacts and ``selection.json``, which names it and all numbers.
    `NothingToSelect` where no contender has a number.
    """
    if not contenders:
        raise BadParameter("select", "contenders", "[]", "one reference or more")
    outputs = _outputs(contenders[0])
    if any(outputs_text(_outputs(each)) != outputs_text(outputs) for each in contenders):
        raise BadParameter("select", "contenders", shown(contenders), "equal outputs records")
    if any(each.path == SELECTION_FILE for each in promises(outputs)):
        expected = f"outputs without {SELECTION_FILE}"
        raise BadParameter("select", "contenders", shown(outputs), expected)
    config = Select(list(contenders), lowest)
    return derive(m, config, outputs, _Selecting(by), latest(), name=name)


def _outputs(contender: DRef[T] | Many[T]) -> T:
    return contender.outputs if isinstance(contender, DRef) else contender.dref.outputs


def _scored(
    b: Build[Select[T], T], contender: DRef[T] | Many[T], by: Callable[[T], Artifact[float]]
) -> _Scored:
    reference = contender if isinstance(contender, DRef) else contender.dref
    found = b.deref(Many(reference))
    return _Scored(reference, tuple(by(each).read() for each in found))


def _copy(winner: Path, folder: Path) -> None:
    for each in winner.iterdir():
        if is_reserved(each.name) or each.name == SELECTION_FILE:  # of a selection among winners
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.copytree(each, folder / each.name, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(each, folder / each.name, follow_symlinks=False)


def _reason(winner: str, scored: Sequence[_Scored]) -> str:
    table: Json = [
        {
            "derivation": each.reference.text,
            "scores": [_number(score) for score in each.scores],
            "mean": _number(each.mean) if each.scores else None,
        }
        for each in scored
    ]
    return canonical({"winner": winner, "contenders": table})


def _number(value: float) -> Json:
    """A number as JSON can hold it: what is not finite becomes its text."""
    return value if abs(value) < float("inf") else str(value)
