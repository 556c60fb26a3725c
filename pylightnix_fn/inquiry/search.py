"""Objects by what is in their configs and artifacts, and by their age."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import ABSENT, Absent
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.findings.condition import Condition, number_of, part
from pylightnix_fn.findings.matches import Found, Match
from pylightnix_fn.inquiry.contents import Place, place_of, reading
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

_ARTIFACT = "./"  # before a path that is that of an artifact, whatever the config holds


@frozen
class _Wanted:
    """What is looked for: conditions, and the times between which a build ended."""

    conditions: tuple[Condition, ...]
    newer: datetime | None
    older: datetime | None
    realizations: bool

    @property
    def asks_for_times(self) -> bool:
        return self.newer is not None or self.older is not None

    def in_time(self, stopped: datetime) -> bool:
        early = self.newer is not None and stopped < self.newer
        return not early and not (self.older is not None and stopped > self.older)


def find(
    store: Store,
    conditions: Iterable[Condition | str] = (),
    *,
    name: str = "*",
    newer: datetime | None = None,
    older: datetime | None = None,
    realizations: bool = False,
) -> Found:
    """The objects that satisfy all conditions, whose names a pattern matches.

    A path that leads to nothing in a config is that of an artifact: then realizations are found,
    as they are for times (when builds ended) and with ``realizations``; or else derivations.
    What is damaged is passed over. Errors: `MalformedCondition`.
    """
    parsed = (Condition.parse(each) if isinstance(each, str) else each for each in conditions)
    wanted = _Wanted(tuple(parsed), newer, older, realizations)
    named = (dref for dref in store.drefs() if fnmatchcase(dref.name, name))
    with reading(store):
        matches = tuple(match for dref in named for match in _in_derivation(store, dref, wanted))
    return Found(matches, tuple(map(str, wanted.conditions)))


def _in_derivation(store: Store, dref: DRef[Folder], wanted: _Wanted) -> Iterator[Match]:
    values: dict[str, Json] = {}
    left: list[Condition] = []
    with suppress(DamagedObject, MissingObject):
        config = store.config(dref).value() if wanted.conditions else {}
        for condition in wanted.conditions:
            is_artifact = condition.path.startswith(_ARTIFACT)
            found = ABSENT if is_artifact else part(config, condition.path)
            if isinstance(found, Absent):
                left.append(condition)
            elif condition.holds(found):
                values[condition.path] = found
            else:
                return
        if not (left or wanted.asks_for_times or wanted.realizations):
            yield Match(dref, values)
            return
        for rref in store.rrefs(dref):
            yield from _realization(store, rref, wanted, left, values)


def _realization(
    store: Store,
    rref: RRef[Folder],
    wanted: _Wanted,
    left: list[Condition],
    values: dict[str, Json],
) -> Iterator[Match]:
    with suppress(DamagedObject, MissingObject):
        if wanted.asks_for_times and not wanted.in_time(store.record(rref).facts.stopped):
            return
        values = dict(values)
        place = place_of(store, rref) if left else None
        for condition in left:
            text = None if place is None else _text(place, condition.path)
            if text is None or not condition.holds(text):
                return
            values[condition.path] = _value(text)
        yield Match(rref, values)


def _text(place: Place, path: str) -> str | None:
    return place.text(path.removeprefix(_ARTIFACT))


def _value(text: str) -> Json:
    number = number_of(text)
    return text.strip() if number is None else number
