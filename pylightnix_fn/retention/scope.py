"""How much a policy must know, so that a store need not look at more.

Names are cheap. Times and texts cost a look at each realization, sizes a walk through its files.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from attrs import frozen

Depth: TypeAlias = Literal["names", "records", "everything"]
Names: TypeAlias = "frozenset[str] | None"

_DEPTHS: Final[tuple[Depth, ...]] = ("names", "records", "everything")


@frozen
class Scope:
    """What a policy asks of realizations: their names, their records with texts, or everything.

    Up to records, it keeps some by what there is of the same derivation, and only of derivations
    with these ``names`` (`None`: any). Who asks for everything may compare all that there is.
    """

    depth: Depth = "everything"
    names: Names = None

    def __or__(self, other: Scope) -> Scope:
        """That of a policy which keeps what either keeps."""
        if self.names is None or other.names is None:
            return self._with(other, None)
        return self._with(other, self.names | other.names)

    def __and__(self, other: Scope) -> Scope:
        """That of a policy which keeps what both keep."""
        if self.names is None or other.names is None:
            return self._with(other, other.names if self.names is None else self.names)
        return self._with(other, self.names & other.names)

    def _with(self, other: Scope, names: Names) -> Scope:
        depth = max(self.depth, other.depth, key=_DEPTHS.index)
        return Scope(depth, None if depth == "everything" else names)

    def has(self, name: str) -> bool:
        """Whether it asks for realizations of derivations with this name."""
        return self.names is None or name in self.names


EVERYTHING: Final = Scope()
NOTHING: Final = Scope("names", frozenset())
