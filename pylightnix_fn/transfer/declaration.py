"""What an archive says of itself, in its first member, and the bounds of JSON in all others.

Pure. Nobody is believed: what an archive holds is counted against what it declares, and that
against what whoever receives it is ready to take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from pylightnix_fn.archive.budget import Budget, Limits
from pylightnix_fn.archive.member import Refusal
from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.quantity import size_text
from pylightnix_fn.store.layout import reference_of

DECLARATION_FILE: Final = "closure.json"
FORMAT: Final = "pylightnix-closure"
VERSION: Final = 1

MAX_JSON: Final = 2**23  # bytes of a config or a context
MAX_SIGNS: Final = 200_000  # of those that begin a value; parsed, each takes up to 200 bytes
_SIGNS: Final = (b",", b"[", b"{")


@frozen
class Declaration:
    """How much follows: objects, members with ``size`` bytes in all; and what it is all for."""

    objects: int
    members: int
    size: int
    references: tuple[str, ...]

    @property
    def text(self) -> str:
        """The content of `closure.json`."""
        return canonical(
            {
                "format": FORMAT,
                "version": VERSION,
                "objects": self.objects,
                "members": self.members,
                "size": self.size,
                "references": self.references,
            }
        )

    def budget(self, limits: Limits) -> Budget:
        """Just what is declared, to be counted down to nothing; names hold for one object."""
        bounds = Limits(self.members, self.size, limits.names)
        return Budget(bounds, self.members, self.size, limits.names)

    def check(self, most: Budget) -> None:
        """Refuse more than somebody is ready to take."""
        if self.members > most.entries:
            raise Refusal(f"it holds {self.members} members, more than {most.entries}")
        if self.size > most.size:
            sizes = f"{size_text(self.size)}, more than {size_text(most.size)}"
            raise Refusal(f"it unfolds into {sizes}")


def declared(data: bytes) -> Declaration:
    """The declaration that these bytes spell; `Refusal` if they spell none.

    >>> declaration = Declaration(1, 1, 20, ("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist",))
    >>> declared(declaration.text.encode()) == declaration
    True
    """
    value = _mapping(data)
    if value.get("format") != FORMAT:
        raise Refusal("it holds no closure of a store", DECLARATION_FILE)
    if value.get("version") != VERSION:
        raise Refusal("it is of a version that is not known", DECLARATION_FILE)
    found = Declaration(
        _count(value, "objects"),
        _count(value, "members"),
        _count(value, "size"),
        _references(value.get("references")),
    )
    if found.text.encode() != data:
        raise Refusal("it does not declare what it holds as it should", DECLARATION_FILE)
    return found


def why_too_large(data: bytes) -> str:
    """Why this JSON is not even parsed; empty where it may be.

    >>> why_too_large(b"[1,2]"), why_too_large(b"[" * 1_000_000)
    ('', 'it has more than 200000 values')
    """
    if len(data) > MAX_JSON:
        return f"it has more than {MAX_JSON} bytes"
    many = sum(data.count(sign) for sign in _SIGNS) > MAX_SIGNS
    return f"it has more than {MAX_SIGNS} values" if many else ""


def _mapping(data: bytes) -> Mapping[str, Json]:
    if why := why_too_large(data):
        raise Refusal(why, DECLARATION_FILE)
    try:
        value = parsed(data.decode())
    except ValueError as error:
        raise Refusal(f"it is no JSON: {error}"[:200], DECLARATION_FILE, damaged=True) from None
    if not isinstance(value, Mapping):
        raise Refusal("it is no JSON object", DECLARATION_FILE)
    return value


def _count(value: Mapping[str, Json], key: str) -> int:
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Refusal(f"its number of {key} is no number", DECLARATION_FILE)
    return found


def _references(value: Json) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Refusal("its references are no list", DECLARATION_FILE)
    found = tuple(each for each in value if isinstance(each, str) and reference_of(each))
    if len(found) < len(value) or not found:
        raise Refusal("its references are none", DECLARATION_FILE)
    return found
