"""Errors of plans: what can be known to be wrong before anything is built."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError, shown


class MalformedName(PylightnixError, ValueError):
    """A derivation cannot bear this name."""

    name: str

    def message(self) -> Message:
        return Message(
            "a derivation cannot bear this name",
            (("name", repr(self.name)), ("allowed", "1 to 222 of A-Z a-z 0-9 _ -")),
            "Give it another name: `name='...'`.",
        )


class MalformedReference(PylightnixError, ValueError):
    """A text is not a reference, though one was expected."""

    text: str
    expected: str
    field: str = ""

    def message(self) -> Message:
        where = (("field", self.field),) if self.field else ()
        return Message(
            "this text is not a reference",
            (*where, ("text", repr(self.text)), ("expected", self.expected)),
            "Take references from stages and results as they are; do not compose them.",
        )


class NotJson(PylightnixError, TypeError):
    """A config holds a value that JSON cannot hold."""

    name: str
    field: str
    value: str
    why: str
    instead: str

    def message(self) -> Message:
        return Message(
            f"config of '{self.name}' holds a value that is not JSON-like",
            (("field", self.field), ("value", self.value), ("reason", self.why)),
            self.instead,
        )


class RealizationInConfig(PylightnixError, TypeError):
    """A config refers to a realization instead of a derivation."""

    name: str
    field: str
    reference: str

    def message(self) -> Message:
        return Message(
            f"config of '{self.name}' refers to a realization",
            (("field", self.field), ("reference", self.reference)),
            "Refer to the derivation, and give that the matcher `exact(rref)`.",
        )


class DerivationOverwritten(UserWarning):
    """A derivation was replaced by another one with the same config."""


class UnknownReference(PylightnixError, LookupError):
    """A config refers to a derivation that its manager lacks."""

    name: str
    field: str
    reference: str

    def message(self) -> Message:
        return Message(
            f"config of '{self.name}' refers to a derivation that its manager does not know",
            (("field", self.field), ("reference", self.reference)),
            "Thread the manager that made the reference: `m, x = stage(m)`, not `_, x = stage(m)`.",
        )


class UnknownTarget(PylightnixError, LookupError):
    """A stage returned a reference that the manager it returned lacks."""

    stage: str
    reference: str

    def message(self) -> Message:
        return Message(
            f"stage '{self.stage}' returned a reference that its manager does not know",
            (("reference", self.reference),),
            "Return the manager that made the reference: `return m, x` after `m, x = stage(m)`.",
        )


class MalformedStage(PylightnixError, TypeError):
    """A stage did not return a manager and references."""

    stage: str
    returned: str
    expected: str

    def message(self) -> Message:
        return Message(
            f"stage '{self.stage}' did not return a manager and what it made",
            (("returned", self.returned), ("expected", self.expected)),
            "End the stage with `return m, reference`, or with `return derive(m, ...)`.",
        )


class MalformedConfig(PylightnixError, TypeError):
    """A config is not a record."""

    found: str
    expected: str

    def message(self) -> Message:
        return Message(
            "a config must be a record of named parameters",
            (("expected", self.expected), ("found", self.found)),
            "Write the parameters as a class with `@attrs.frozen`, or use `mkdrv` with a dict.",
        )


class MalformedOutputs(PylightnixError, TypeError):
    """An outputs record, or its ``field``, promises what cannot lie in a realization."""

    record: str
    field: str
    found: str
    why: str

    def message(self) -> Message:
        if not self.field:
            return Message(
                f"'{self.record}' cannot be the outputs of a stage",
                (("found", self.found), ("reason", self.why)),
                "Write them as a class with `@attrs.frozen`, and give an instance: `Model()`.",
            )
        return Message(
            f"outputs record '{self.record}' has a field that cannot be an output",
            (("field", self.field), ("found", self.found), ("reason", self.why)),
            'Give it a relative path, `Path("model.h5")`, or `artifact("accuracy.txt", number)`.',
        )


class UnpromisedRead(PylightnixError, LookupError):
    """A matcher reads a file that the outputs record does not promise."""

    name: str
    matcher: str
    file: str
    promised: str

    def message(self) -> Message:
        return Message(
            f"matcher of '{self.name}' reads a file that its outputs record does not promise",
            (("matcher", self.matcher), ("file", self.file), ("promised", self.promised)),
            "Name one of the promised files, or promise this one.",
        )


class BadParameter(PylightnixError, ValueError):
    """A function of the library was called with a value that makes no sense."""

    function: str
    parameter: str
    value: str
    expected: str

    def message(self) -> Message:
        return Message(
            f"'{self.function}' cannot work with this value",
            (("parameter", self.parameter), ("value", self.value), ("expected", self.expected)),
            f"Call '{self.function}' with another value of '{self.parameter}'.",
        )


class MalformedSize(PylightnixError, ValueError):
    """A text is no number of bytes."""

    text: str

    def message(self) -> Message:
        return Message(
            "a text is no size",
            (("text", shown(self.text)),),
            "Write a number with its unit: 200G, 1.5 GB, 512 MiB.",
        )


class MalformedVerdict(PylightnixError, TypeError):
    """A matcher returned what is no verdict, or chose what it was not given."""

    name: str
    matcher: str
    verdict: str
    why: str

    def message(self) -> Message:
        return Message(
            f"matcher {self.matcher} of '{self.name}' gave a verdict that cannot stand",
            (("verdict", self.verdict), ("reason", self.why)),
            "Return `Use` of realizations among the candidates, `Need(n, why)` or `Never(why)`.",
        )


class NotOne(PylightnixError, LookupError):
    """One realization is wanted where a matcher chose none or several."""

    reference: str
    chosen: int

    def message(self) -> Message:
        return Message(
            "exactly one realization is wanted of a derivation whose matcher chose another number",
            (("derivation", self.reference), ("chosen", self.chosen)),
            "Choose with a matcher for one (`latest()`, `best(file)`), or refer to it by `Many`.",
        )


class UnknownField(PylightnixError, AttributeError):
    """A grid names a field that its config lacks."""

    record: str
    field: str
    known: str

    def message(self) -> Message:
        return Message(
            f"config '{self.record}' has no such field",
            (("field", self.field), ("fields", self.known)),
            "Name one of its fields.",
        )


class LawBroken(PylightnixError, AssertionError):
    """A matcher, a codec or a stage does not keep a law that others rely on."""

    subject: str
    law: str
    shown: str

    def message(self) -> Message:
        return Message(
            f"{self.subject} does not keep a law",
            (("law", self.law), ("shown by", self.shown)),
            "Mend it: pipelines rely on this law.",
        )
