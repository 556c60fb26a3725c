"""Two JSON values, part by part: where they differ, and how that is said.

Parts are those of canonical JSON: `1`, `1.0` and `true` differ, the order of keys does not count.
A part that stands on one side only is `ABSENT` on the other, which `null` is not. The laws: no
changes between equal values alone, and those from new to old are those from old to new, reversed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import takewhile
from typing import Final, TypeAlias, TypeGuard

from attrs import frozen

from pylightnix_fn.canonical import Json, canonical

LONGEST: Final = 32  # characters that are shown of a value


class Absent(Enum):
    """What stands where there is no part."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
Side: TypeAlias = "Json | Absent"
Place: TypeAlias = tuple[str | int, ...]

_FIELDS: Final = "fields"  # where the parameters of a typed config stand
_CODE: Final = "code"
_REFERENCE: Final = re.compile(r"(dref:\w{8})\w{24}(-[\w-]+)")


@frozen
class Change:
    """One part that differs; ``at`` leads to it, by keys and by indices of lists.

    >>> str(Change(("fields", "learning_rate"), 0.001, 0.01))
    'learning_rate 0.001 -> 0.01'
    >>> str(Change(("code", "helpers:norm"), "38d8", "4ec5"))
    'code of helpers.norm changed'
    """

    at: Place
    old: Side
    new: Side

    @property
    def path(self) -> str:
        """Where the part is: ``fields.layers[2].width``."""
        return path_text(self.at)

    @property
    def reversed(self) -> Change:
        """The change back."""
        return Change(self.at, self.new, self.old)

    def json(self) -> Json:
        """Path, old and new value, without the one that is absent."""
        sides = {"old": self.old, "new": self.new}
        present = {side: value for side, value in sides.items() if not isinstance(value, Absent)}
        return {"path": self.path, **present}

    def __str__(self) -> str:
        place = self.at[1:] if len(self.at) > 1 and self.at[0] == _FIELDS else self.at
        if len(self.at) == 2 and self.at[0] == _CODE and ":" in str(self.at[1]):
            label = str(self.at[1]).replace(":", ".").removeprefix("__main__.")
            return f"code of {label} {_what_happened(self)}"
        if isinstance(self.old, Absent) or isinstance(self.new, Absent):
            there = self.new if isinstance(self.old, Absent) else self.old
            return f"{path_text(place)} {_what_happened(self)}: {value_text(there)}"
        old, new = _told_apart(value_text(self.old, 0), value_text(self.new, 0))
        return f"{path_text(place)} {old} -> {new}"


def differences(old: Json, new: Json) -> tuple[Change, ...]:
    """The parts in which two values differ, in the order of their places.

    >>> old, new = {"epochs": 1, "layers": [8, 8]}, {"epochs": 3, "layers": [8, 16, 8]}
    >>> [str(change) for change in differences(old, new)]
    ['epochs 1 -> 3', 'layers[1] is new: 16']
    """
    return tuple(_between((), old, new))


def path_text(place: Place) -> str:
    """A place as people write it.

    >>> path_text(("fields", "layers", 2, "a b")), path_text(())
    ("fields.layers[2]['a b']", 'value')
    """
    text = "".join(
        f".{part}" if isinstance(part, str) and part.isidentifier() else f"[{part!r}]"
        for part in place
    )
    return text.removeprefix(".") or "value"


def value_text(value: Side, longest: int = LONGEST) -> str:
    """A value in one line; references with the beginnings of their hashes; 0 stands for no limit.

    >>> value_text("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist"), value_text(ABSENT)
    ('dref:731c5ac6…-mnist', 'nothing')
    """
    if isinstance(value, Absent):
        return "nothing"
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return _REFERENCE.sub(r"\1…\2", value)  # a name is never cut
    text = _REFERENCE.sub(r"\1…\2", canonical(value))
    return text if not longest or len(text) <= longest else text[: longest - 1] + "…"


def _between(at: Place, old: Json, new: Json) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _sides((*at, key), old.get(key, ABSENT), new.get(key, ABSENT))
    elif _is_list(old) and _is_list(new):
        yield from _between_lists(at, old, new)
    elif not _same(old, new):
        yield Change(at, old, new)


def _sides(at: Place, old: Side, new: Side) -> Iterator[Change]:
    if isinstance(old, Absent) or isinstance(new, Absent):
        yield Change(at, old, new)
    else:
        yield from _between(at, old, new)


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _between_lists(at: Place, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    """Pairs of items; where one list is longer, what both begin and end with is left alone."""
    shorter = min(len(old), len(new))
    first = last = 0
    if len(old) != len(new):
        first = _equal(zip(old, new, strict=False))
        backward = zip(reversed(old), reversed(new), strict=False)
        last = min(_equal(backward), shorter - first)
    pairs = shorter - first - last
    for index in range(first, first + pairs):
        yield from _between((*at, index), old[index], new[index])
    for index in range(first + pairs, len(old) - last):
        yield Change((*at, index), old[index], ABSENT)
    for index in range(first + pairs, len(new) - last):
        yield Change((*at, index), ABSENT, new[index])


def _equal(pairs: Iterator[tuple[Json, Json]]) -> int:
    """How many pairs are of equals, up to the first that is not."""
    return sum(1 for _ in takewhile(lambda pair: _same(*pair), pairs))


def _same(old: Json, new: Json) -> bool:
    plain = type(old) is type(new) and (old is None or isinstance(old, bool | int | str))
    return old == new if plain else canonical(old) == canonical(new)


def _what_happened(change: Change) -> str:
    if isinstance(change.old, Absent):
        return "is new"
    return "is gone" if isinstance(change.new, Absent) else "changed"


def _told_apart(old: str, new: str) -> tuple[str, str]:
    """Two texts, cut so that what differs is in sight.

    >>> _told_apart("a" * 50 + "b", "a" * 50 + "c")
    ('…aaaaaaaab', '…aaaaaaaac')
    """
    both = zip(old, new, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
    cut = max(0, common - 8) if max(len(old), len(new)) > LONGEST else 0
    return _window(old, cut), _window(new, cut)


def _window(text: str, cut: int) -> str:
    shown = f"…{text[cut:]}" if cut else text
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
