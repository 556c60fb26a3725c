"""The manager: a frozen value that holds the derivations made so far.

Every stage takes one and returns the next. Nothing here touches a disk, and a reference that a
manager does not know is refused at the line that uses it, so a manager that was not threaded
cannot lead to a wrong result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeVar, overload

from attrs import AttrsInstance, field, frozen
from rpds import HashTrieMap

from pylightnix_fn.canonical import MAX_DEPTH, canonical, checked, spelled
from pylightnix_fn.code import Code, Version
from pylightnix_fn.config import Config, config_of, dependencies
from pylightnix_fn.encoding import Walk, fields_of, kept
from pylightnix_fn.errors.plan import MalformedConfig, UnknownReference, UnpromisedRead
from pylightnix_fn.matcher.candidate import AnyMatcher, ManyMatcher, Matcher
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.outputs import Promise, outputs_text, promises
from pylightnix_fn.realizer import Realizer, Recipe, Site, name_of
from pylightnix_fn.refs import DRef, Many, checked_name, dref
from pylightnix_fn.resources import ONE_CORE, Resources
from pylightnix_fn.tracing import traced

C = TypeVar("C", bound=AttrsInstance)
T = TypeVar("T", bound=AttrsInstance)


@frozen
class Derivation:
    """One planned result: what it is made from, how, and which of its results counts."""

    dref: DRef[object]
    config: Config
    dependencies: tuple[DRef[object], ...]
    matcher: AnyMatcher
    recipe: Callable[[Site], None] = field(hash=False)  # its config may hold lists
    realizer: str
    promises: tuple[Promise, ...] = ()
    packages: tuple[str, ...] = ()
    resources: Resources = ONE_CORE

    @property
    def name(self) -> str:
        """What people call it."""
        return self.dref.name


@frozen
class Overwritten:
    """A note that a derivation was replaced by one with the same config."""

    dref: DRef[object]
    config: Config

    def __str__(self) -> str:
        return (
            f"Overwriting matcher or realizer of derivation {self.dref}, configured as:\n"
            f"{self.config.value()}"
        )


@frozen
class Manager:
    """The derivations made so far; grows by `derive`, `mkdrv` and the builtin stages.

    >>> Manager() == Manager()
    True
    """

    derivations: HashTrieMap[DRef[object], Derivation] = field(factory=HashTrieMap)
    notes: tuple[Overwritten, ...] = ()

    def __len__(self) -> int:
        return len(self.derivations)

    def __contains__(self, reference: DRef[object]) -> bool:
        return reference in self.derivations

    def adding(self, derivation: Derivation) -> Manager:
        """The manager that knows one derivation more; `UnknownReference` if it cannot."""
        known = self.derivations
        for need in derivation.dependencies:
            if need not in known:
                config = derivation.config
                where = config.places[config.drefs.index(need)]
                raise UnknownReference(derivation.name, where, need.text)
        before = known.get(derivation.dref)
        grown = known.insert(derivation.dref, derivation)
        if before is None or before == derivation:
            return Manager(grown, self.notes)
        note = Overwritten(derivation.dref, derivation.config)
        return Manager(grown, (*self.notes, note))

    def replacing(self, derivation: Derivation) -> Manager:
        """The manager with this in the place of the derivation of the same reference."""
        return Manager(self.derivations.insert(derivation.dref, derivation), self.notes)


@frozen
class Traced:
    """The code of a realizer, in the key, is what its source says, helpers included.

    ``versions`` joins it: of packages that results depend on, as `versions_of` finds them.
    """

    versions: Mapping[str, str] = field(factory=dict, hash=False)


TRACED: Final = Traced()


@overload
def derive(
    m: Manager,
    config: C,
    outputs: T,
    realizer: Realizer[C, T],
    matcher: Matcher = ...,
    *,
    name: str | None = None,
    code: Traced | Version | None = TRACED,
    resources: Resources = ONE_CORE,
) -> tuple[Manager, DRef[T]]: ...
@overload
def derive(
    m: Manager,
    config: C,
    outputs: T,
    realizer: Realizer[C, T],
    matcher: ManyMatcher,
    *,
    name: str | None = None,
    code: Traced | Version | None = TRACED,
    resources: Resources = ONE_CORE,
) -> tuple[Manager, Many[T]]: ...
def derive(
    m: Manager,
    config: C,
    outputs: T,
    realizer: Realizer[C, T],
    matcher: AnyMatcher = latest(),
    *,
    name: str | None = None,
    code: Traced | Version | None = TRACED,
    resources: Resources = ONE_CORE,
) -> tuple[Manager, DRef[T] | Many[T]]:
    """Add a derivation: its config, what it promises to write, who writes it, which one counts.

    The key is the name (default: that of the config's class, in kebab case), the fields, the
    outputs record and the realizer's code. ``code=Version("3")`` puts a word in the code's place,
    ``None`` nothing; ``Traced(versions_of(["numpy"]))`` adds versions of packages to the code.
    ``resources`` are what a build takes of a machine; not part of the key.
    Errors: `NotJson`, `UnknownReference`, `MalformedOutputs`, `MalformedName`.
    """
    fields = fields_of(config)
    if fields is None:
        raise MalformedConfig(type(config).__qualname__, "an attrs class")
    record = type(config).__name__
    label = checked_name(kebab(record) if name is None else name)
    promised = promises(outputs)
    check_reads(label, matcher, promised)
    walk = Walk(label)
    below = walk.mapping(fields, record, MAX_DEPTH - 1)
    records = (config, outputs, *[each.outputs for each in walk.drefs])
    seen = traced(realizer, records) if isinstance(code, Traced) else None
    encoding = keyed(walk, label, outputs_text(outputs), code_text(code, seen), below)
    reference = dref(encoding.digest, label, outputs)
    derivation = Derivation(
        reference,
        encoding,
        dependencies(encoding),
        matcher,
        Recipe(kept(config), reference, realizer, realizer if seen is None else None),
        name_of(realizer),
        promised,
        seen.packages if seen else (),
        resources,
    )
    m = m.adding(derivation)
    return m, Many(reference) if isinstance(matcher, ManyMatcher) else reference


def check_reads(name: str, matcher: AnyMatcher, promised: tuple[Promise, ...]) -> None:
    """Raise `UnpromisedRead` where a matcher reads what was not promised, if anything was."""
    paths = [each.path for each in promised]
    for file in sorted(matcher.reads.difference(paths)) if paths else ():
        raise UnpromisedRead(name, matcher.label, file, ", ".join(paths))


def keyed(walk: Walk, name: str, outputs: str, code: str, fields: str) -> Config:
    """The config of a derivation, of the canonical texts of its parts."""
    parts = f'{{"code":{code},"fields":{fields},"name":"{name}","outputs":{outputs}}}'
    return config_of(walk, parts)


def code_text(code: Traced | Version | None, seen: Code | None) -> str:
    """What of a key stands for the code, as JSON; `ValueError` where it cannot."""
    if isinstance(code, Traced) and seen is not None:
        versions = {"versions": checked(dict(code.versions))} if code.versions else {}
        return spelled({**seen.digests, **versions}) if versions else seen.text
    return canonical(code.word) if isinstance(code, Version) else "null"


@lru_cache(maxsize=4096)
def kebab(name: str) -> str:
    """A class name as people write names of stages.

    >>> kebab("TrainModel2"), kebab("HTTPFetch"), kebab("_Private")
    ('train-model2', 'http-fetch', 'private')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return words.replace("_", "-").strip("-").lower()
