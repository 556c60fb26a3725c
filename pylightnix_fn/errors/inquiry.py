"""Errors of questions to a store: what is asked for by a text that says too little, or nothing."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError

MOST_SHOWN = 10


class UnknownObject(PylightnixError, LookupError):
    """A text stands for no object of a store; ``near`` are names and references like it."""

    text: str
    store: str
    near: tuple[str, ...] = ()

    def message(self) -> Message:
        near = (("near it", "\n".join(self.near[:MOST_SHOWN])),) if self.near else ()
        return Message(
            f"the store holds nothing that '{self.text}' stands for",
            (("store", self.store), *near),
            "Write a reference, the beginning of its hash, or a name: `listing(store)` has all.",
        )


class AmbiguousObject(PylightnixError, LookupError):
    """A text stands for several objects of a store."""

    text: str
    candidates: tuple[str, ...]

    def message(self) -> Message:
        more = len(self.candidates) - MOST_SHOWN
        shown = [*self.candidates[:MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        return Message(
            f"'{self.text}' stands for {len(self.candidates)} objects",
            (("candidates", "\n".join(shown)),),
            "Write one of these, or more of its hash.",
        )


class MalformedCondition(PylightnixError, ValueError):
    """A text is no condition; ``position`` counts its characters from 0."""

    text: str
    position: int
    why: str

    def message(self) -> Message:
        shown = "".join(each if each.isprintable() else "?" for each in self.text)
        return Message(
            "a condition cannot be read",
            (("condition", f"{shown}\n{' ' * self.position}^ {self.why}"),),
            "Write a path, one of = != ~ < <= > >=, and a value: `learning_rate<0.01`.",
        )


class MalformedMoment(PylightnixError, ValueError):
    """A text is neither an age nor a time."""

    text: str

    def message(self) -> Message:
        return Message(
            "an age or a time cannot be read",
            (("text", repr(self.text)),),
            "Write an age, `90s`, `5min`, `3h`, `2d`, `1w`, or a time in UTC, `2026-11-22`.",
        )


class UnknownColumn(PylightnixError, LookupError):
    """A table has no such column."""

    column: str
    columns: str

    def message(self) -> Message:
        return Message(
            f"the table has no column '{self.column}'",
            (("columns", self.columns),),
            "Choose one of the columns.",
        )


class NotComparable(PylightnixError, TypeError):
    """A derivation and a realization have nothing in common that could differ."""

    old: str
    new: str

    def message(self) -> Message:
        return Message(
            "a derivation cannot be compared with a realization",
            (("old", self.old), ("new", self.new)),
            "Compare two derivations, or two realizations.",
        )
