"""The policies that stores need most: the latest, the best, the young, what fits in so many bytes.

Of equals the one is kept that the matcher of the same meaning would choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen

from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.matcher.choice import newest_first, ranking
from pylightnix_fn.outputs import why_no_output
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import checked_name
from pylightnix_fn.retention.graph import graph_of
from pylightnix_fn.retention.inventory import Inventory
from pylightnix_fn.retention.policy import Policy, Reasons
from pylightnix_fn.retention.scope import NOTHING, Scope


@frozen
class _Nothing:
    def __call__(self, inventory: Inventory) -> Reasons:
        return {}


@frozen
class _Latest:
    n: int
    label: str

    def __call__(self, inventory: Inventory) -> Reasons:
        return {
            each.rref: f"{self.label}: {place} of {len(group)}"
            for group in _by_derivation(inventory)
            for place, each in enumerate(newest_first(group)[: self.n], 1)
        }


@frozen
class _Best:
    n: int
    file: str
    sign: int
    label: str

    def __call__(self, inventory: Inventory) -> Reasons:
        return {
            each.rref: f"{self.label}: {each.number(self.file):g}"
            for group in _by_derivation(inventory)
            for each in ranking(group, self.file, self.sign)[: self.n]
        }


@frozen
class _Newer:
    age: timedelta
    label: str

    def __call__(self, inventory: Inventory) -> Reasons:
        ages = {each.rref: inventory.taken - each.started for each in inventory.realizations}
        return {rref: self.reason(age) for rref, age in ages.items() if age <= self.age}

    def reason(self, age: timedelta) -> str:
        seconds = age.total_seconds()
        old = "started in the future" if seconds < 0 else f"{duration_text(seconds)} old"
        return f"{self.label}: {old}"


@frozen
class _Within:
    limit: int
    label: str

    def __call__(self, inventory: Inventory) -> Reasons:
        graph = graph_of(inventory)
        counted = set(graph.reached(root.text for root in inventory.roots))
        total, kept = graph.size(counted), {}
        for each in newest_first([stored.candidate for stored in inventory.realizations]):
            added = graph.reached((each.rref.text,), counted)
            total += graph.size(added)
            if total > self.limit:
                break
            counted.update(added)
            kept[each.rref] = f"{self.label}: {size_text(total)} with all that is newer"
        return kept


@frozen
class _Named:
    name: str
    label: str

    def __call__(self, inventory: Inventory) -> Reasons:
        rrefs = [each.rref for each in inventory.realizations]
        return {rref: self.label for rref in rrefs if rref.name == self.name}


def _by_derivation(inventory: Inventory) -> Iterator[Sequence[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for each in inventory.realizations:
        groups.setdefault(each.rref.dref.text, []).append(each.candidate)
    return iter(groups.values())


_RECORDS: Final = Scope("records")

keep_roots: Final = Policy(frozenset(), _Nothing(), "keep_roots", NOTHING)
"""Keep the roots and what they need, nothing else."""


def keep_latest(n: int) -> Policy:
    """Keep the ``n`` realizations started last, of each derivation."""
    _check_whole("keep_latest", "n", n, 1)
    label = f"keep_latest({n})"
    return Policy(frozenset(), _Latest(n, label), label, _RECORDS)


def keep_best(n: int, file: str, *, lowest: bool = False) -> Policy:
    """Keep the ``n`` realizations with the largest number in a file, of each derivation.

    ``lowest`` keeps those with the smallest. What holds no number, or NaN, is not kept by this.
    """
    _check_whole("keep_best", "n", n, 1)
    if why := _why_no_file(file):
        raise BadParameter("keep_best", "file", f"{shown(file)}, {why}", "a relative path")
    label = f"keep_best({n}, {file!r}{', lowest=True' * lowest})"
    return Policy(frozenset({file}), _Best(n, file, -1 if lowest else 1, label), label, _RECORDS)


def newer_than(age: timedelta) -> Policy:
    """Keep what was started at most so long before the inventory was taken.

    >>> newer_than(timedelta(days=7)).label
    'newer_than(7 d)'
    """
    _check_age(age)
    label = f"newer_than({duration_text(age.total_seconds())})"
    return Policy(frozenset(), _Newer(age, label), label, _RECORDS)


def within(limit: int) -> Policy:
    """Keep the newest realizations that fit in so many bytes, with the roots and all they need.

    It stops at the first that does not fit, be it one larger than the limit: so a larger limit
    never keeps less. What the roots need counts first; where that fills the limit, no more is kept.

    >>> within(50 * 10**9).label
    'within(50 GB)'
    """
    _check_whole("within", "limit", limit, 0)
    label = f"within({size_text(limit)})"
    return Policy(frozenset(), _Within(limit, label), label)


def keep_named(name: str) -> Policy:
    """Keep all realizations of derivations with this name; with ``&``, restrict other policies.

    >>> (keep_named("model") & keep_latest(2)).label
    "keep_named('model') & keep_latest(2)"
    """
    label = f"keep_named({checked_name(name)!r})"
    return Policy(frozenset(), _Named(name, label), label, Scope("names", frozenset({name})))


def _check_whole(function: str, parameter: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadParameter(function, parameter, shown(value), f"{least} or more, a whole number")


def _check_age(age: object) -> None:
    if not (isinstance(age, timedelta) and age > timedelta()):
        raise BadParameter("newer_than", "age", shown(age), "a timedelta, more than 0")


def _why_no_file(file: object) -> str:
    return why_no_output(file) if isinstance(file, str) else "it is no text"
