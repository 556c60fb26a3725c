"""A stream of members becomes objects of a store: each as a whole, checked, after what it needs.

Nothing that comes in is believed. An object is laid out in a staging folder, hashed there, and
published only if it is what its name says and what it was built from is there. Whoever is stopped
in between leaves whole objects, and simply begins again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pylightnix_fn.archive.budget import Budget, Limits
from pylightnix_fn.archive.member import File, Member, Refusal
from pylightnix_fn.config import Config, dependencies
from pylightnix_fn.errors.store import DamagedObject, HashCollision
from pylightnix_fn.files import delete, write_file
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.census import is_there
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import CONFIG_FILE, dref_of, reference_of, rref_of
from pylightnix_fn.store.publication import publish_sealed, staged
from pylightnix_fn.store.records import read_config
from pylightnix_fn.transfer.declaration import (
    DECLARATION_FILE,
    MAX_JSON,
    Declaration,
    declared,
    why_too_large,
)
from pylightnix_fn.transfer.opening import content_of, opened_crate
from pylightnix_fn.transfer.report import Observer, Received, Transferred, tell
from pylightnix_fn.tree import Folder

_TOGETHER = 2**22  # bytes of configs that are published behind one barrier


def received(
    store: DiskStore,
    members: Iterator[Member],
    most: Budget,
    limits: Limits,
    there: Iterable[RRef[object]] = (),
    *,
    observe: Observer,
) -> Received:
    """Take in a closure; ``there`` are realizations that were left out, being there already.

    Raises `Refusal`, with what came before it in the store.
    """
    with guarded(store.layout):
        first = next(members, None)
        if not isinstance(first, File) or first.name != DECLARATION_FILE:
            raise Refusal("it holds no closure of a store")
        declaration = declared(content_of(first, MAX_JSON))
        declaration.check(most)
        intake = _Intake(store, declaration, limits, there, observe)
        for reference, those in groupby(members, _reference):
            intake.take(reference, those)
        return intake.end()


def _reference(member: Member) -> DRef[Folder] | RRef[Folder]:
    """The object that a member belongs to."""
    derivation, _, rest = member.name.partition("/")
    dref = dref_of(derivation)
    if dref is not None and rest == CONFIG_FILE:
        return dref
    realization, slash, _ = rest.partition("/")
    rref = None if dref is None else rref_of(realization, dref)
    if rref is None or not slash:
        raise Refusal("its name is not that of a part of an object", member.name)
    return rref


class _Intake:
    """What has come so far."""

    def __init__(
        self,
        store: DiskStore,
        declaration: Declaration,
        limits: Limits,
        there: Iterable[RRef[object]],
        observe: Observer,
    ) -> None:
        self._store = store
        self._declaration = declaration
        self._limits = limits
        self._budget = declaration.budget(limits)
        self._observe = observe
        self._needs: dict[DRef[object], frozenset[DRef[object]]] = {}
        self._rrefs: set[RRef[object]] = set(there)
        self._skipped = tuple(self._rrefs)
        self._waiting: dict[DRef[object], Config] = {}
        self._added: list[Reference] = []
        self._kept: list[Reference] = []
        self._size = 0

    def take(self, reference: DRef[Folder] | RRef[Folder], members: Iterator[Member]) -> None:
        """Take one object in; configs wait until a result needs them."""
        if reference in self._needs or reference in self._rrefs:
            raise Refusal("it holds this object twice", reference.text)
        if len(self._added) + len(self._kept) == self._declaration.objects:
            raise Refusal("it holds more objects than it declares", reference.text)
        before = self._budget.size
        self._budget.names = self._limits.names
        is_new = not is_there(self._store.backing, reference)
        if isinstance(reference, DRef):
            self._take_config(reference, members)
        else:
            self._take_realization(reference, members)
        (self._added if is_new else self._kept).append(reference)
        size = before - self._budget.size
        self._size += size if is_new else 0
        done = len(self._added) + len(self._kept)
        tell(self._observe, Transferred(reference, size, done, self._declaration.objects))

    def end(self) -> Received:
        """What it all came to, if that is what was declared."""
        self._publish_configs()
        if self._budget.entries or self._budget.size:
            raise Refusal("it holds less than it declares", damaged=True)
        if len(self._added) + len(self._kept) < self._declaration.objects:
            raise Refusal("it holds fewer objects than it declares", damaged=True)
        found = [each for each in map(reference_of, self._declaration.references) if each]
        for each in found:
            if each not in self._needs and each not in self._rrefs:
                raise Refusal("it is not closed: this is not in it", each.text)
        kept = (*self._kept, *self._skipped)
        return Received(tuple(found), tuple(self._added), kept, self._size)

    def _take_config(self, dref: DRef[object], members: Iterator[Member]) -> None:
        config = self._config(dref, next(members))
        for other in members:
            raise Refusal("its name occurs twice", other.name)
        needs = dependencies(config)
        self._check_closed(needs, self._needs, dref)
        self._needs[dref] = frozenset(needs)
        self._waiting[dref] = config
        if sum(len(each.text) for each in self._waiting.values()) > _TOGETHER:
            self._publish_configs()

    def _config(self, dref: DRef[object], member: Member) -> Config:
        self._budget.enter(member.name)
        if not isinstance(member, File) or member.executable:
            raise Refusal("it is no plain file", member.name)
        self._budget.spend(member.size, member.name)
        data = content_of(member, MAX_JSON)
        if why := why_too_large(data):
            raise Refusal(why, member.name)
        fs, staging = self._store.fs, self._store.stage(dref)
        path = staging.home / CONFIG_FILE
        try:
            write_file(fs, path, data)
            return read_config(fs, path, dref)
        except DamagedObject as error:
            raise Refusal(error.why.partition("\n")[0], member.name) from error
        finally:
            delete(fs, staging.home)

    def _publish_configs(self) -> None:
        if self._waiting:
            self._store.register(self._waiting)
            self._waiting.clear()

    def _take_realization(self, rref: RRef[Folder], members: Iterator[Member]) -> None:
        self._check_closed((rref.dref,), self._needs, rref)
        self._publish_configs()
        backing = self._store.backing
        staging = staged(backing, rref.name)
        try:
            sealed = opened_crate(backing, staging, rref, members, self._budget)
            if sealed.context.keys() != self._needs[rref.dref]:
                why = "its context does not name what its config refers to"
                raise Refusal(why, rref.text)
            for chosen in sealed.context.values():
                self._check_closed(chosen, self._rrefs, rref)
            publish_sealed(backing, staging, sealed)
        except HashCollision:
            raise  # it tells where both may be compared
        except BaseException:
            delete(backing.fs, staging.home)
            raise
        self._rrefs.add(rref)

    def _check_closed(
        self, needs: Iterable[Reference], there: Iterable[Reference], of: Reference
    ) -> None:
        for need in needs:
            if need not in there:
                raise Refusal(f"it is not closed: {need.text} does not stand before it", of.text)
