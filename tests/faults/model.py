"""What a store must be like after each of its operations, in memory and in a few lines.

Knows references and what needs what; no files, no locks, no order of calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import Factory, define, frozen

from pylightnix_fn import DRef, RRef
from pylightnix_fn.retention.inventory import Reference


@frozen
class Stored:
    """An object: the objects that it refers to, and whether its files were spoilt."""

    needs: frozenset[Reference]
    is_damaged: bool = False


@define
class Model:
    """All objects of a store, what this process relies on, the roots, and the trash by time."""

    objects: dict[Reference, Stored] = Factory(dict)
    pinned: set[Reference] = Factory(set)
    roots: dict[str, Reference] = Factory(dict)
    bins: list[dict[Reference, Stored]] = Factory(list)

    def copy(self) -> Model:
        """The same once more, to go another way."""
        bins = [dict(each) for each in self.bins]
        return Model(dict(self.objects), set(self.pinned), dict(self.roots), bins)

    def realizations(self) -> list[RRef[object]]:
        """Those that are there, sorted."""
        return sorted((each for each in self.objects if isinstance(each, RRef)), key=str)

    def staying(self) -> set[Reference]:
        """What is in use or has a root, and all that this needs."""
        found = [*self.pinned, *self.roots.values()]
        for each in found:  # which grows meanwhile
            needs = self.objects[each].needs if each in self.objects else _known_needs(each)
            found.extend(needs.difference(found))
        return set(found)

    def collect(self) -> None:
        """What need not stay goes to the trash."""
        stays = self.staying()
        gone = {each: self.objects.pop(each) for each in tuple(self.objects) if each not in stays}
        if gone:
            self.bins.append(gone)

    def undo(self, number: int) -> None:
        """A collection comes back, but for what is there again, or lacks something."""
        there = self.bins[number]
        while back := [each for each in there if self._may_come_back(each, there[each])]:
            for each in back:
                self.objects[each] = there.pop(each)
        if not there:
            del self.bins[number]

    def _may_come_back(self, reference: Reference, stored: Stored) -> bool:
        if reference in self.objects or isinstance(reference, DRef):
            return reference not in self.objects
        needed = (each for each in stored.needs if isinstance(each, RRef))
        return reference.dref in self.objects and all(each in self.objects for each in needed)

    def users(self, reference: Reference) -> Iterator[Reference]:
        """What keeps others from removing an object by hand, but for what is in use."""
        dref = _dref(reference)
        for each, stored in self.objects.items():
            if _dref(each) != dref and reference in stored.needs:
                yield each

    def is_in_use(self, reference: Reference) -> bool:
        """Whether this process relies on an object, or on a realization of a derivation."""
        return any(reference in (each, _dref(each)) for each in self.pinned)

    def remove(self, reference: Reference) -> None:
        """An object goes, of a derivation its realizations, too."""
        for each in tuple(self.objects):
            if reference in (each, _dref(each)):
                del self.objects[each]

    def damage(self, rref: RRef[object]) -> None:
        """The files of a realization are spoilt."""
        self.objects[rref] = Stored(self.objects[rref].needs, is_damaged=True)

    def damaged(self) -> set[Reference]:
        """Those whose files were spoilt."""
        return {each for each, stored in self.objects.items() if stored.is_damaged}

    def dangling(self) -> set[tuple[Reference, Reference]]:
        """The realizations that lack a realization, and which."""
        return {
            (each, need)
            for each, stored in self.objects.items()
            for need in stored.needs
            if isinstance(need, RRef) and need not in self.objects
        }

    def built_from(self, those: Iterable[Reference]) -> set[Reference]:
        """What needs one of these, directly."""
        needed = set(those)
        return {each for each, stored in self.objects.items() if needed & set(stored.needs)}

    def repair(self) -> None:
        """What is spoilt goes."""
        for each in self.damaged():
            del self.objects[each]


def needs_of(rref: RRef[object], used: Iterable[RRef[object]]) -> frozenset[Reference]:
    """What a realization refers to that was built from these."""
    return frozenset({rref.dref, *(each for one in used for each in (one, one.dref))})


def _dref(reference: Reference) -> DRef[object]:
    return reference if isinstance(reference, DRef) else reference.dref


def _known_needs(reference: Reference) -> frozenset[Reference]:
    """Of a realization that is not there, only its derivation is known."""
    return frozenset({reference.dref}) if isinstance(reference, RRef) else frozenset()
