"""What a search found, with the values that it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import value_text
from pylightnix_fn.findings.columns import columns, counted, number_text
from pylightnix_fn.findings.condition import finite
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH, brief

MOST_SHOWN: Final = 200  # rows of a text; JSON has all


@frozen
class Match:
    """An object that was found, and what stands at the paths of the conditions."""

    reference: Reference
    values: Mapping[str, Json] = field(factory=dict, hash=False)

    def json(self) -> Json:
        """The reference in full, and the values by path."""
        values = {path: _json(value) for path, value in self.values.items()}
        return {"reference": self.reference.text, "values": values}


@frozen
class Found:
    """All that satisfies some conditions, sorted."""

    matches: tuple[Match, ...]
    conditions: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """What was found, without values."""
        return tuple(each.reference for each in self.matches)

    def json(self) -> Json:
        """The conditions, and an object for each match."""
        return {
            "conditions": list(self.conditions),
            "matches": [each.json() for each in self.matches],
        }

    def text(self, width: int = WIDTH) -> str:
        """A table of so many columns at most."""
        if not self.matches:
            return "nothing found"
        paths = tuple(dict.fromkeys(path for each in self.matches for path in each.values))
        rows = [_row(each, paths) for each in self.matches[:MOST_SHOWN]]
        lines = [*columns((counted(len(self.matches), "object"), *paths), rows, width)]
        more = len(self.matches) - MOST_SHOWN
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)

    def __str__(self) -> str:
        return self.text()


def _row(match: Match, paths: tuple[str, ...]) -> tuple[str, ...]:
    there = match.values
    cells = (_cell(there[path]) if path in there else "" for path in paths)
    return brief(match.reference.text), *cells


def _cell(value: Json) -> str:
    if isinstance(value, float):
        return number_text(value)
    return value if isinstance(value, str) else value_text(_json(value))


def _json(value: Json) -> Json:
    return finite(value) if isinstance(value, int | float) else value
