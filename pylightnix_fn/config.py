"""Configs: the parameters of a stage as JSON, and the references inside.

A config is only its canonical text, and equal configs have equal texts, whatever the order of keys.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from pylightnix_fn.canonical import MAX_DEPTH, Json, digest, parsed
from pylightnix_fn.encoding import Reference, Walk
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import NotJson
from pylightnix_fn.refs import DRef, checked_name, dref


@frozen
class Config:
    """The canonical JSON of one stage's parameters.

    >>> mkconfig({"b": 1, "a": [2.0, None]}).text
    '{"a":[2.0,null],"b":1}'
    """

    text: str
    name: str = "unnamed"
    drefs: tuple[DRef[object], ...] = field(default=(), eq=False, repr=False)
    places: tuple[str, ...] = field(default=(), eq=False, repr=False)
    promises: tuple[str, ...] = field(default=(), eq=False, repr=False)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references inside, each with the path to it."""
        return tuple(map(Reference, self.places, self.drefs))

    @property
    def digest(self) -> str:
        """The sha256 of the text, which names the derivation."""
        return digest(self.text)

    def value(self) -> Mapping[str, Json]:
        """The parameters as plain dicts, lists and scalars, new at every call."""
        value = parsed(self.text)
        return value if isinstance(value, Mapping) else {}

    def dref(self) -> DRef[object]:
        """The derivation that these parameters make."""
        return dref(self.digest, self.name, None)


def mkconfig(parameters: Mapping[str, object]) -> Config:
    """The config of a plain dict; its key 'name' names the derivation.

    `NotJson` names the path to a value that JSON cannot hold. Other errors: `MalformedName`,
    `MalformedReference`, `RealizationInConfig`.
    """
    name = parameters.get("name", "unnamed")
    if not isinstance(name, str):
        raise NotJson("unnamed", "config.name", shown(name), "a name is a text", "Write a text.")
    return encoded(checked_name(name), parameters, "config")


def encoded(name: str, parameters: Mapping[str, object], root: str) -> Config:
    """The config of just these parameters; ``root`` begins the paths in error texts."""
    walk = Walk(name)
    return config_of(walk, walk.mapping(parameters, root, MAX_DEPTH))


def config_of(walk: Walk, text: str) -> Config:
    """The config of this canonical text, with what a walk has found in it."""
    drefs, places = tuple(walk.drefs), tuple(walk.places)
    return Config(text, walk.name, drefs, places, tuple(walk.promises))


def dependencies(config: Config) -> tuple[DRef[object], ...]:
    """The derivations that a config refers to, each once, in the order of their first use."""
    return tuple(dict.fromkeys(config.drefs))
