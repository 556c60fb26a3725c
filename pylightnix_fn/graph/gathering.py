"""Looking into a store for a graph: what is there of a plan, or what an object needs.

Nothing is written, and nobody is kept from working meanwhile: a graph says what was so while it was
gathered. What is damaged or gone becomes a node that says so.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import Factory, evolve, field, frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.config import dependencies
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.failure import Failure
from pylightnix_fn.files import walk
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.graph.node import Node, Reference, Result, State
from pylightnix_fn.graph.planned import node_of
from pylightnix_fn.graph.value import Graph, graph_of
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import is_reserved
from pylightnix_fn.plan import Budget, RRefs, Settle, Spent, next_round
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref_from
from pylightnix_fn.remains import as_utf8
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Entry

MOST_ARTIFACTS: Final = 500  # that are listed of a realization

LONG_AGO: Final = datetime.fromtimestamp(0, UTC)

_NONE: Final = "it has no realization"


def gather_closure(closure: Closure[object], store: Store, *, thorough: bool = False) -> Graph:
    """A closure with what a store holds of it, as the next `realize` would find it.

    In a `DiskStore`, names, sizes and modes are checked; ``thorough`` reads every byte.
    """
    look = _Look(store, thorough)
    settled: dict[DRef[object], RRefs] = {}
    nodes = [look.derivation(each, settled) for each in closure]
    return graph_of(nodes, closure.targets)


def gather_objects(store: Store, *references: Reference, thorough: bool = False) -> Graph:
    """Objects of a store, and all that they need: of a derivation what its config names, of a
    realization what it was built from.

    In a `DiskStore`, names, sizes and modes are checked; ``thorough`` reads every byte.
    `MissingObject` where one of ``references`` is not there.
    """
    for reference in references:
        _check_there(store, reference)
    look, nodes = _Look(store, thorough), dict[Reference, Node]()
    waiting = list(reversed(references))
    while waiting:
        reference = waiting.pop()
        if reference not in nodes:
            nodes[reference] = node = look.stored(reference)
            waiting.extend(reversed(node.needs))
    return graph_of(nodes.values(), references)


def _check_there(store: Store, reference: Reference) -> None:
    with suppress(DamagedObject):
        if isinstance(reference, DRef):
            store.config(reference)
        else:
            store.record(reference)


@frozen
class _Look:
    """A look into a store."""

    store: Store
    thorough: bool
    failures: Mapping[DRef[object], list[Failure]] = field(
        default=Factory(lambda self: _failures(self.store), takes_self=True)
    )

    def derivation(self, derivation: Derivation, settled: dict[DRef[object], RRefs]) -> Node:
        """A derivation of a closure; notes what it is settled on, if it is."""
        open_needs = [each.name for each in derivation.dependencies if each not in settled]
        if open_needs:
            why = f"its results depend on a build of {', '.join(dict.fromkeys(open_needs))}"
            return node_of(derivation, "miss", why)
        context = {each: settled[each] for each in derivation.dependencies}
        dref, matcher = derivation.dref, derivation.matcher
        try:
            candidates = self.store.candidates(dref, context, matcher.reads)
        except DamagedObject as error:
            return node_of(derivation, "damaged", _in_words(error))
        try:
            step = next_round(derivation, candidates, Spent(), Budget())
        except PylightnixError as error:
            return node_of(derivation, "refused", _in_words(error))
        if not isinstance(step, Settle):
            latest = max((each.started for each in candidates), default=LONG_AGO)
            reason = self._failure(dref, context, latest)
            why = reason or f"{step.why} ({matcher.label})"
            return node_of(derivation, "failed" if reason else "miss", why)
        settled[dref] = step.rrefs
        return self._with_results(node_of(derivation, "hit"), step.rrefs)

    def stored(self, reference: Reference) -> Node:
        """An object as it is in the store."""
        if isinstance(reference, RRef):
            return self._realization(reference)
        try:
            config = self.store.config(reference)
        except MissingObject:
            return Node(reference, "missing")
        except DamagedObject as error:
            return Node(reference, "damaged", (), _in_words(error))
        node = Node(reference, "hit", dependencies(config), "", config.text)
        rrefs = self.store.rrefs(reference)
        if rrefs:
            return self._with_results(node, rrefs)
        reason = self._failure(reference, None, LONG_AGO)
        return evolve(node, state="failed" if reason else "miss", why=reason or _NONE)

    def _realization(self, rref: RRef[object]) -> Node:
        config = ""
        with suppress(MissingObject, DamagedObject):  # of the derivation, which is another object
            config = self.store.config(rref.dref).text
        try:
            context = self.store.record(rref).context
        except MissingObject:
            return Node(rref, "missing", (), "", config)
        except DamagedObject as error:
            return Node(rref, "damaged", (), _in_words(error), config)
        needs = tuple(each for those in context.values() for each in those)
        return self._with_results(Node(rref, "hit", needs, "", config), (rref,))

    def _with_results(self, node: Node, rrefs: tuple[RRef[object], ...]) -> Node:
        """The node with these results; damaged where one of them is."""
        results, wrong = list[Result](), list[str]()
        for rref in rrefs:
            try:
                wrong += self._damage(rref)
                results.append(_result(self.store, rref))
            except PylightnixError as error:
                wrong.append(_in_words(error))
            except OSError as error:  # it may not be looked into
                wrong.append(f"{rref} cannot be read: {error}")
        why = as_utf8("; ".join(dict.fromkeys(wrong)))
        state: State = "damaged" if wrong else node.state
        return evolve(node, state=state, why=why, results=tuple(results))

    def _damage(self, rref: RRef[object]) -> Iterator[str]:
        if isinstance(self.store, DiskStore):
            fs, layout = self.store.fs, self.store.layout
            for each in damage_of(fs, layout, rref, quick=not self.thorough):
                if not each.is_harmless:
                    yield f"{each.file}: expected {each.expected}, found {each.found}"

    def _failure(self, dref: DRef[object], context: Context | None, since: datetime) -> str:
        """Why the latest build failed, of those since then; empty where none did."""
        fitting = [
            each
            for each in self.failures.get(dref, ())
            if context in (None, each.context) and each.started > since
        ]
        return fitting[-1].reason if fitting else ""


def _failures(store: Store) -> dict[DRef[object], list[Failure]]:
    found: dict[DRef[object], list[Failure]] = {}
    for each in store.failures():
        found.setdefault(each.dref, []).append(each)
    return found


def _result(store: Store, rref: RRef[object]) -> Result:
    record, folder = store.record(rref), store.folder(rref)
    facts = record.facts
    seconds = max(0.0, (facts.stopped - facts.started).total_seconds())
    entries = sorted(_entries(store, folder), key=lambda each: each.path.encode())
    listed = tuple(entries[:MOST_ARTIFACTS])
    more = len(entries) - len(listed)
    text = rref_from(rref.text)
    return Result(text, facts.started, seconds, record.size, as_utf8(str(folder)), listed, more)


def _entries(store: Store, folder: Path) -> Iterator[Entry]:
    """What lies in a realization, but for the store's own files."""
    fs = store.fs if isinstance(store, DiskStore) else DISK
    with suppress(FileNotFoundError):  # it went meanwhile
        for path, here, status in walk(fs, folder):
            if not (len(path.parts) == 1 and is_reserved(path.name)):
                yield _entry(fs, path, here, status)


def _entry(fs: FileSystem, path: PurePosixPath, here: int, status: os.stat_result) -> Entry:
    shown = as_utf8(str(path))
    if stat.S_ISLNK(status.st_mode):
        return Entry(shown, "symlink", content=as_utf8(fs.readlink(path.name, at=here)))
    if stat.S_ISDIR(status.st_mode):
        return Entry(shown, "directory")
    return Entry(shown, "file", status.st_size, bool(status.st_mode & stat.S_IXUSR))


def _in_words(error: PylightnixError) -> str:
    message = error.message()
    facts = ", ".join(f"{name} {value}" for name, value in message.facts)
    return as_utf8(" ".join(f"{message.headline} ({facts})".split()))
