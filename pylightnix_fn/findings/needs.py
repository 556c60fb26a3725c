"""Who needs whom in a store, and what keeps an object there.

A realization needs its derivation, and all that its context names; a derivation needs those that
its config names: what garbage collection goes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from attrs import evolve, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.findings.columns import cut
from pylightnix_fn.retention.graph import Graph
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH, brief

Direction: TypeAlias = Literal["needs", "is needed by"]

MOST_SHOWN: Final = 100  # references in a text; JSON has all


@frozen
class Relatives:
    """What an object needs, or what needs it: directly, and by way of these; each sorted."""

    reference: Reference
    direction: Direction
    direct: tuple[Reference, ...]
    further: tuple[Reference, ...]

    @property
    def all(self) -> tuple[Reference, ...]:
        """Those that are related directly, then the others."""
        return self.direct + self.further

    def json(self) -> Json:
        """All references in full."""
        return {
            "reference": self.reference.text,
            "direction": self.direction,
            "direct": [each.text for each in self.direct],
            "further": [each.text for each in self.further],
        }

    def text(self, width: int = WIDTH) -> str:
        """The references, some hundred of them, on lines of so many columns at most."""
        if not self.direct:
            return cut(f"{brief(self.reference.text)} {self.direction} nothing", width)
        lines = [f"{brief(self.reference.text)} {self.direction}", *_listed(self.direct)]
        if self.further:
            lines += ["and by way of these", *_listed(self.further)]
        return "\n".join(cut(line, width) for line in lines)

    def __str__(self) -> str:
        return self.text()


@frozen
class Hold:
    """Something that keeps an object: a root or a process, and the way from there to the object.

    The first on the way is what is kept for its own sake, the last is the object.
    """

    by: str
    way: tuple[Reference, ...]

    def json(self) -> Json:
        """Who, and the references on the way."""
        return {"by": self.by, "way": [each.text for each in self.way]}

    def lines(self) -> Iterator[str]:
        """What to show."""
        yield self.by
        for number, each in enumerate(self.way):
            yield f"{'    needs' if number else ' '} {brief(each.text)}"


@frozen
class Reasons:
    """What keeps an object in a store, and what needs it directly."""

    reference: Reference
    holds: tuple[Hold, ...]
    dependents: tuple[Reference, ...]

    @property
    def is_garbage(self) -> bool:
        """Whether a collection that keeps only the roots would take it."""
        return not self.holds

    def json(self) -> Json:
        """All references in full."""
        return {
            "reference": self.reference.text,
            "holds": [each.json() for each in self.holds],
            "dependents": [each.text for each in self.dependents],
        }

    def text(self, width: int = WIDTH) -> str:
        """Who keeps it, each with the way from there, on lines of so many columns at most."""
        name = brief(self.reference.text)
        lines = [f"{name} is kept" if self.holds else f"no root, and no process, keeps {name}"]
        lines += [line for each in self.holds for line in each.lines()]
        if self.dependents:
            lines += ["it is needed by", *_listed(self.dependents)]
        return "\n".join(cut(line, width) for line in lines)

    def __str__(self) -> str:
        return self.text()


def relatives(graph: Graph, reference: Reference, direction: Direction) -> Relatives:
    """What is related to an object in one direction."""
    towards = graph if direction == "needs" else reverse(graph)
    reached = towards.reached([reference.text])
    near = [text for text in towards.needed(reference.text) if text != reference.text]
    far = sorted(reached.keys() - {reference.text, *near})
    direct = tuple(graph.objects[text] for text in sorted(near))
    return Relatives(reference, direction, direct, tuple(graph.objects[text] for text in far))


def reverse(graph: Graph) -> Graph:
    """The graph in which needed things need what needed them.

    Law: the reverse of the reverse is the graph.
    """
    needed_by: dict[str, list[str]] = {text: [] for text in graph.objects}
    for text, needed in graph.needs.items():
        for each in needed:
            needed_by.setdefault(each, []).append(text)
    return evolve(graph, needs={text: tuple(sorted(users)) for text, users in needed_by.items()})


def reasons(
    graph: Graph, reference: Reference, kept: Mapping[str, Collection[Reference]]
) -> Reasons:
    """What keeps an object; ``kept`` is what stays for its own sake, by what lets it stay.

    Of several ways from one that keeps it, the first of the shortest counts.
    """
    towards = reverse(graph).reached([reference.text])  # each with the next on the way
    holds = []
    for by, starts in sorted(kept.items()):
        ways = [_way(towards, each.text, reference.text) for each in starts if each.text in towards]
        if ways:
            way = min(ways, key=lambda way: (len(way), way))
            holds.append(Hold(by, tuple(graph.objects[text] for text in way)))
    dependents = relatives(graph, reference, "is needed by").direct
    return Reasons(reference, tuple(holds), dependents)


def _way(towards: Mapping[str, str], start: str, end: str) -> list[str]:
    way = [start]
    while way[-1] != end:
        way.append(towards[way[-1]])
    return way


def _listed(references: tuple[Reference, ...]) -> list[str]:
    shown = [f"  {brief(each.text)}" for each in references[:MOST_SHOWN]]
    more = len(references) - MOST_SHOWN
    return [*shown, f"  and {more} more"] if more > 0 else shown
