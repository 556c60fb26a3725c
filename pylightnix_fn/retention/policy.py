"""Policies: which realizations are worth keeping, beyond what must stay.

A policy is a frozen value around a pure function, and never removes anything: what a root or a kept
realization needs stays, whatever the policy. What it keeps must not depend on the order of the
inventory. Policies combine: ``a | b`` keeps what either keeps, ``a & b`` what both keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from pylightnix_fn.refs import RRef
from pylightnix_fn.retention.inventory import Inventory
from pylightnix_fn.retention.scope import EVERYTHING, Scope

Reasons: TypeAlias = Mapping[RRef[object], str]
Keep: TypeAlias = Callable[[Inventory], Reasons]


def _files(reads: str | Iterable[str]) -> frozenset[str]:
    return frozenset((reads,) if isinstance(reads, str) else reads)


@frozen
class Policy:
    """Says what to keep, each with its reason in words.

    ``reads`` names the small text artifacts that it looks at; of what is beyond its ``scope``, the
    inventory tells nothing. A realization that the inventory lacks cannot be kept: naming it does
    nothing.

    >>> from pylightnix_fn.retention.choice import keep_best, keep_latest
    >>> (keep_latest(2) | keep_best(1, "accuracy.txt")).label
    "keep_latest(2) | keep_best(1, 'accuracy.txt')"
    """

    reads: frozenset[str] = field(converter=_files)
    keep: Keep
    label: str = "a policy of the user"
    scope: Scope = EVERYTHING

    def __or__(self, other: Policy) -> Policy:
        label = f"{self.label} | {other.label}"
        keep, scope = _Either(self.keep, other.keep), self.scope | other.scope
        return Policy(self.reads | other.reads, keep, label, scope)

    def __and__(self, other: Policy) -> Policy:
        label = " & ".join(_operand(each) for each in (self, other))
        keep, scope = _Both(self.keep, other.keep), self.scope & other.scope
        return Policy(self.reads | other.reads, keep, label, scope)


@frozen
class _Either:
    one: Keep
    other: Keep

    def __call__(self, inventory: Inventory) -> Reasons:
        return either(self.one(inventory), self.other(inventory))


@frozen
class _Both:
    one: Keep
    other: Keep

    def __call__(self, inventory: Inventory) -> Reasons:
        one, other = self.one(inventory), self.other(inventory)
        return {rref: joined(one[rref], other[rref]) for rref in one if rref in other}


def either(one: Reasons, other: Reasons) -> Reasons:
    """What has a reason on either side, with all its reasons."""
    shared = {rref: joined(one[rref], other[rref]) for rref in one if rref in other}
    return {**one, **other, **shared}


def joined(*reasons: str) -> str:
    """Several reasons as one, each once.

    >>> joined("root 'best'", "keep_latest(2): 1 of 5"), joined("root 'best'", "root 'best'")
    ("root 'best'; keep_latest(2): 1 of 5", "root 'best'")
    """
    return "; ".join(dict.fromkeys("; ".join(reasons).split("; ")))


def _operand(policy: Policy) -> str:
    return f"({policy.label})" if isinstance(policy.keep, _Either) else policy.label
