"""The shape of every error: a headline, aligned facts, one hint.

Knows no error in particular. An error declares its data as fields, as a dataclass would, and puts
them into words when somebody reads it. (A decorator that generates code for each of fifty classes
would be most of the time that importing the package takes.)
"""

from __future__ import annotations

from reprlib import Repr
from typing import Final, NamedTuple, TypeAlias, dataclass_transform

SHOWN_LENGTH: Final = 60
_SHORT: Final = Repr()  # looks only at the beginning of a value, however large or deep it is
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = SHOWN_LENGTH

Facts: TypeAlias = tuple[tuple[str, object], ...]


class Message(NamedTuple):
    """What a user reads: what is wrong, what can be looked up, what to do.

    >>> print(Message("no such file", (("path", "/a"), ("name", "b")), "Create it."))
    no such file
    <BLANKLINE>
      path  /a
      name  b
    <BLANKLINE>
    Create it.
    """

    headline: str
    facts: Facts
    hint: str

    def __str__(self) -> str:
        width = max((len(label) for label, _ in self.facts), default=0)
        lines = [_aligned(label, value, width) for label, value in self.facts]
        return "\n\n".join(part for part in (self.headline, "\n".join(lines), self.hint) if part)


def _aligned(label: str, value: object, width: int) -> str:
    first, *rest = str(value).splitlines() or [""]
    indent = " " * (width + 4)
    return "\n".join([f"  {label:<{width}}  {first}".rstrip(), *(indent + line for line in rest)])


@dataclass_transform()
class PylightnixError(Exception):
    """Base of every error that a user of the library can cause; its fields hold the facts."""

    def __init__(self, *values: object, **named: object) -> None:
        super().__init__()
        names = _fields(type(self))
        given = {**dict(zip(names, values, strict=False)), **named}
        missing = [name for name in names if name not in given and not hasattr(type(self), name)]
        if missing or given.keys() - set(names) or len(given) < len(values) + len(named):
            raise TypeError(f"{type(self).__name__} takes {names}, got {values} and {named}")
        for name in names:
            setattr(self, name, given.get(name, getattr(type(self), name, None)))
        # Not through OSError, which takes two of them for errno and strerror.
        self.args = tuple(getattr(self, name) for name in names)

    def message(self) -> Message:
        """Headline, facts and hint of this error."""
        raise NotImplementedError

    def __str__(self) -> str:
        return str(self.message())


def _fields(kind: type) -> tuple[str, ...]:
    """Names in the order of declaration, those of the error that is extended first."""
    annotated = (getattr(base, "__annotations__", {}) for base in reversed(kind.__mro__))
    return tuple(dict.fromkeys(name for names in annotated for name in names))


def shown(value: object) -> str:
    """A value as error texts show it, in at most 60 characters.

    >>> shown([0] * 1000)
    '[0, 0, 0, 0, 0, 0, ...]'
    """
    try:
        text = _SHORT.repr(value)
    except Exception:  # an integer of too many digits, or a repr of the user's that fails
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."
