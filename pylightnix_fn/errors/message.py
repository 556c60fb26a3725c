"""The shape of every error: a headline, aligned facts, one hint.

Knows no error in particular. An error declares its data as fields, as a dataclass would, and puts
them into words when somebody reads it. (A decorator that generates code for each of fifty classes
would be most of the time that importing the package takes.)
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, dataclass_transform

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

    def __init__(self, *values: object) -> None:
        super().__init__()
        self.args = values  # not through OSError, which takes two of them for errno and strerror
        names = _fields(type(self))
        for name, value in zip(names, values, strict=False):
            setattr(self, name, value)
        missing = [name for name in names[len(values) :] if not hasattr(type(self), name)]
        if missing or len(values) > len(names):
            raise TypeError(f"{type(self).__name__} takes {names}, got {len(values)} values")

    def message(self) -> Message:
        """Headline, facts and hint of this error."""
        raise NotImplementedError

    def __str__(self) -> str:
        return str(self.message())


def _fields(kind: type) -> tuple[str, ...]:
    """Names in the order of declaration, those of the error that is extended first."""
    annotated = (getattr(base, "__annotations__", {}) for base in reversed(kind.__mro__))
    return tuple(dict.fromkeys(name for names in annotated for name in names))
