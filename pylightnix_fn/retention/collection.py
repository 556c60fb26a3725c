"""What a garbage collection would remove, and why the rest stays.

Nothing that stays refers to anything removed, and the removals stand in an order in which that is
so after each of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import is_rref
from pylightnix_fn.retention.graph import Graph, graph_of
from pylightnix_fn.retention.inventory import Inventory, Reference
from pylightnix_fn.retention.policy import Policy, joined
from pylightnix_fn.retention.table import WIDTH, table


@frozen
class Kept:
    """An object that stays."""

    reference: Reference
    why: str


@frozen
class Removal:
    """An object to remove: the bytes that this frees, and the seconds that its build took."""

    reference: Reference
    why: str
    size: int
    seconds: float


@frozen
class GcPlan:
    """What stays of an inventory, by name, and what goes: referrers before what they refer to."""

    kept: tuple[Kept, ...]
    removals: tuple[Removal, ...]

    @property
    def size(self) -> int:
        """The bytes that the removals free."""
        return sum(each.size for each in self.removals)

    @property
    def seconds(self) -> float:
        """How long the builds took of what goes."""
        return sum(each.seconds for each in self.removals)

    @property
    def keeps_nothing(self) -> bool:
        """Whether there is something, and all of it goes."""
        return bool(self.removals) and not self.kept

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH) -> str:
        """What stays, and what goes, on lines of at most so many columns."""
        there = len(self.kept) + len(self.removals)
        stay = f"keep {len(self.kept)} of {there}"
        go = f"remove {len(self.removals)} of {there}"
        if self.removals:
            go += f": {size_text(self.size)}, built in {duration_text(self.seconds)}"
        kept = [(each.reference.text, each.why) for each in self.kept]
        gone = map(_row, self.removals)
        return "\n".join((stay, *table(kept, width), "", go, *table(gone, width)))


def _row(removal: Removal) -> tuple[str, ...]:
    text = removal.reference.text
    built_in = duration_text(removal.seconds) if is_rref(text) else ""
    return (text, size_text(removal.size), built_in, removal.why)


def _place(kept: Kept) -> tuple[str, str]:
    return (kept.reference.name, kept.reference.text)


def gc_plan(policy: Policy, inventory: Inventory) -> GcPlan:
    """What to keep and what to remove of an inventory, by a policy.

    The roots, what the policy keeps, and all that these need stay.
    """
    graph = graph_of(inventory)
    why = _reasons(policy, inventory, graph)
    kept = [Kept(each, why[text]) for text, each in graph.objects.items() if text in why]
    unneeded = graph.referrers_first(text for text in graph.objects if text not in why)
    seconds = {each.rref.text: each.seconds for each in inventory.realizations}
    removals = (
        Removal(
            graph.objects[text], _why_not(text, policy), graph.sizes[text], seconds.get(text, 0)
        )
        for text in unneeded
    )
    return GcPlan(tuple(sorted(kept, key=_place)), tuple(removals))


def _reasons(policy: Policy, inventory: Inventory, graph: Graph) -> Mapping[str, str]:
    """Why each of those stays that do, by the texts of their references."""
    starts = {root.text: why for root, why in inventory.roots.items()}
    for rref, why in policy.keep(inventory).items():
        if (text := rref.text) in graph.objects:
            starts[text] = joined(starts[text], why) if text in starts else why
    reached = graph.reached(starts)
    return {each: starts[each] if each == by else f"needed by {by}" for each, by in reached.items()}


def _why_not(text: str, policy: Policy) -> str:
    unneeded = "nothing that stays needs it"
    return f"not kept by {policy.label}; {unneeded}" if is_rref(text) else unneeded
