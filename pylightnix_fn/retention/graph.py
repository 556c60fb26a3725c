"""What needs what in an inventory, by the texts of the references.

A realization needs its derivation and all that its context names; a derivation needs those that its
config names. A sound store holds no circle, a damaged one may: every walk here ends all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain

from attrs import frozen

from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import RRef, is_rref, rref_from
from pylightnix_fn.retention.inventory import Inventory, Reference


@frozen
class Graph:
    """The objects of an inventory: the reference to each, what it needs, and how large it is."""

    objects: Mapping[str, Reference]
    needs: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]

    def needed(self, text: str) -> tuple[str, ...]:
        """What this needs; of a realization that is not there, only its derivation is known."""
        found = self.needs.get(text)
        return at_least_needed(text) if found is None else found

    def reached(self, starts: Iterable[str], known: Collection[str] = ()) -> dict[str, str]:
        """All that these need, as `reached` tells it."""
        return reached(starts, self.needed, known)

    def size(self, texts: Iterable[str]) -> int:
        """The bytes of those of these objects that are there."""
        return sum(self.sizes.get(each, 0) for each in texts)

    def referrers_first(self, texts: Iterable[str]) -> list[str]:
        """These objects, each before all that it needs, so far as no circle prevents it."""
        ordered = sorted(texts)
        left = set(ordered)
        needed_first: list[str] = []
        for start in ordered:
            if start in left:
                needed_first.extend(self._taken(start, left))
        return needed_first[::-1]

    def _taken(self, start: str, left: set[str]) -> Iterator[str]:
        """Take out of what is left one object and all that it needs, which comes before it."""
        left.remove(start)
        path = [(start, iter(self.needed(start)))]
        while path:
            text, needed = path[-1]
            below = next((each for each in needed if each in left), None)
            if below is None:
                path.pop()
                yield text
            else:
                left.remove(below)
                path.append((below, iter(self.needed(below))))


def at_least_needed(text: str) -> tuple[str, ...]:
    """What an object needs of which nothing is known but its reference."""
    return (rref_from(text).dref.text,) if is_rref(text) else ()


def reached(
    starts: Iterable[str],
    needed: Callable[[str], Iterable[str]],
    known: Collection[str] = (),
) -> dict[str, str]:
    """All that these need, themselves included, but not what is ``known``.

    Each comes with the nearest that needs it, the first of several; a start with itself. What an
    object needs is asked for once, and only of these.
    """
    found = {each: each for each in sorted(starts) if each not in known}
    queue = list(found)
    for text in queue:  # which grows meanwhile
        for each in needed(text):
            if each not in found and each not in known:
                found[each] = text
                queue.append(each)
    return found


def graph_of(inventory: Inventory) -> Graph:
    """The graph of all objects in an inventory."""
    objects: dict[str, Reference] = {}
    needs: dict[str, tuple[str, ...]] = {}
    sizes: dict[str, int] = {}
    for derivation in inventory.derivations:
        text = derivation.dref.text
        objects[text], sizes[text] = derivation.dref, derivation.size
        needs[text] = tuple(sorted(each.text for each in derivation.references))
    for realization in inventory.realizations:
        text = realization.rref.text
        objects[text], sizes[text] = realization.rref, realization.size
        needs[text] = _needed(realization.rref, realization.context)
    return Graph(objects, needs, sizes)


def _needed(rref: RRef[object], context: Context) -> tuple[str, ...]:
    chosen = chain.from_iterable(context.values())
    drefs = (rref.dref, *context)
    return tuple(sorted({*(each.text for each in drefs), *(each.text for each in chosen)}))
