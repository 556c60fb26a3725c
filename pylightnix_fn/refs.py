"""Names and references: what may stand for a derivation or a realization.

A reference that exists is well-formed: its text was matched as a whole, so nothing that is made of
it can leave the store. It carries the outputs record of its stage for the type checker's sake; two
references are equal when their texts are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Generic

from attrs import Attribute, field, frozen

from pylightnix_fn.errors.plan import MalformedName, MalformedReference
from pylightnix_fn.tree import Folder

if TYPE_CHECKING:
    # The default lets `DRef` stand for `DRef[Folder]`; importing typing_extensions costs too much.
    from typing_extensions import TypeVar

    T_co = TypeVar("T_co", covariant=True, default=Folder)
    U = TypeVar("U")
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)
    U = TypeVar("U")

HASH_LENGTH: Final = 32
LONGEST_NAME: Final = 222  # with hash and dash, a folder name of 255 bytes at most

_NAME: Final = rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}"
_HASH: Final = rf"[0-9a-f]{{{HASH_LENGTH}}}"
_FOLDER: Final = Folder()
_WHOLE_HASH: Final = re.compile(_HASH)
_WHOLE_NAME: Final = re.compile(_NAME)
_WHOLE_DREF: Final = re.compile(f"dref:{_HASH}-{_NAME}")
_WHOLE_RREF: Final = re.compile(f"rref:{_HASH}-{_HASH}-{_NAME}")


def checked_name(name: str) -> str:
    """The name itself, if a derivation can bear it; `MalformedName` otherwise.

    >>> checked_name("mnist-12k")
    'mnist-12k'
    """
    if not _WHOLE_NAME.fullmatch(name):
        raise MalformedName(name)
    return name


def is_dref(text: str) -> bool:
    """Whether the whole text is a reference to a derivation."""
    return _WHOLE_DREF.fullmatch(text) is not None


def is_rref(text: str) -> bool:
    """Whether the whole text is a reference to a realization."""
    return _WHOLE_RREF.fullmatch(text) is not None


def _whole_dref(_: object, __: Attribute[str], text: str) -> None:
    if not is_dref(text):
        raise MalformedReference(text, "dref:<32 hex>-<name>")


def _whole_rref(_: object, __: Attribute[str], text: str) -> None:
    if not is_rref(text):
        raise MalformedReference(text, "rref:<32 hex>-<32 hex>-<name>")


@frozen(repr=False)
class DRef(Generic[T_co]):
    """A derivation, whose matcher chooses one realization with outputs of type ``T``.

    >>> DRef("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist", Folder()).name
    'mnist'
    """

    text: str = field(validator=_whole_dref)
    outputs: T_co = field(eq=False)

    @property
    def digest(self) -> str:
        """The 32 hexadecimal digits over the config."""
        return self.text[5 : 5 + HASH_LENGTH]

    @property
    def name(self) -> str:
        """What people call the derivation."""
        return self.text[6 + HASH_LENGTH :]

    def __hash__(self) -> int:
        return hash(self.text)  # which a text remembers: references are keys everywhere

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.text}>"

    def _repr_html_(self) -> str:
        from pylightnix_fn.html.forms import reference_html  # for notebooks

        return reference_html(self.text, self.name)

    def __deepcopy__(self, _: object) -> DRef[T_co]:
        return self  # immutable, outputs record included


@frozen(repr=False)
class Many(Generic[T_co]):
    """A derivation, whose matcher chooses any number of realizations."""

    dref: DRef[T_co]

    def __str__(self) -> str:
        return self.dref.text

    def __repr__(self) -> str:
        return f"<many {self.dref.text}>"

    def __deepcopy__(self, _: object) -> Many[T_co]:
        return self  # immutable, outputs record included


@frozen(repr=False)
class RRef(Generic[T_co]):
    """One realization: a folder of artifacts that never changes."""

    text: str = field(validator=_whole_rref)
    outputs: T_co = field(eq=False)

    @property
    def digest(self) -> str:
        """The 32 hexadecimal digits over artifacts and context."""
        return self.text[5 : 5 + HASH_LENGTH]

    @property
    def dref(self) -> DRef[T_co]:
        """The derivation that this is a result of."""
        return DRef("dref:" + self.text[6 + HASH_LENGTH :], self.outputs)

    @property
    def name(self) -> str:
        """What people call the derivation."""
        return self.text[7 + 2 * HASH_LENGTH :]

    def __hash__(self) -> int:
        return hash(self.text)  # which a text remembers: references are keys everywhere

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.text}>"

    def _repr_html_(self) -> str:
        from pylightnix_fn.html.forms import reference_html  # for notebooks

        return reference_html(self.text, self.name)

    def __deepcopy__(self, _: object) -> RRef[T_co]:
        return self  # immutable, outputs record included


def dref(digest: str, name: str, outputs: U) -> DRef[U]:
    """The reference to the derivation whose config has this sha256."""
    return DRef(f"dref:{digest[:HASH_LENGTH]}-{checked_name(name)}", outputs)


def rref(digest: str, of: DRef[U]) -> RRef[U]:
    """The reference to the realization of a derivation that has this sha256."""
    return RRef(f"rref:{digest[:HASH_LENGTH]}-{of.text[5:]}", of.outputs)


def rrefs(digests: Iterable[str], of: DRef[object], outputs: U) -> list[RRef[U]]:
    """The references to realizations with these digests; what is no digest is left out.

    A store holds many. So each is made as attrs makes it, but for the check of what was checked
    with the derivation's reference.
    """
    found: list[RRef[U]] = []
    new, put = object.__new__, object.__setattr__
    is_digest, rest = _WHOLE_HASH.fullmatch, of.text[5:]
    for digest in digests:
        if is_digest(digest):
            each: RRef[U] = new(RRef)
            put(each, "text", f"rref:{digest}-{rest}")
            put(each, "outputs", outputs)
            found.append(each)
    return found


def dref_from(text: str) -> DRef[Folder]:
    """The derivation that a text refers to; `MalformedReference` if it is no reference.

    >>> dref_from("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist")
    <dref:731c5ac602752760c8e48fbffcf8c3b8-mnist>
    """
    return DRef(text, _FOLDER)


def rref_from(text: str) -> RRef[Folder]:
    """The realization that a text refers to; `MalformedReference` if it is no reference."""
    return RRef(text, _FOLDER)
