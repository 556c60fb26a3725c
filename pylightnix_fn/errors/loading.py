"""Errors of loading a stage by its name, and of its arguments given as text."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError


class MalformedTarget(PylightnixError, ValueError):
    """A text that does not name a stage in a module."""

    target: str

    def message(self) -> Message:
        return Message(
            "this does not name a stage",
            (("given", self.target), ("expected", "MODULE:STAGE or FILE.py:STAGE")),
            "Write the module, or the path of its file, a colon, and the name of the stage.",
        )


class UnknownModule(PylightnixError, LookupError):
    """No module of the name, or no file at the path; ``near`` are some that are there."""

    module: str
    where: str
    near: str = ""

    def message(self) -> Message:
        near = (("there are", self.near),) if self.near else ()
        return Message(
            f"there is no module '{self.module}'",
            (("looked in", self.where), *near),
            "Name a module that can be imported from here, or the path of a Python file.",
        )


class BrokenModule(PylightnixError, ImportError):
    """A module that does not import; ``traceback`` is that of its own code."""

    module: str
    error: str
    traceback: str = ""

    def message(self) -> Message:
        traceback = (("traceback", self.traceback),) if self.traceback else ()
        return Message(
            f"module '{self.module}' does not import",
            (("error", self.error), *traceback),
            "Mend it, so that `import` succeeds, then try again.",
        )


class UnknownStage(PylightnixError, LookupError):
    """A module lacks the name; ``known`` are its stages with a similar name, or some."""

    module: str
    stage: str
    known: str

    def message(self) -> Message:
        return Message(
            f"module '{self.module}' has no '{self.stage}'",
            (("stages", self.known or "none"),),
            "Name one of its stages: a function whose first parameter is the manager.",
        )


class NotAStage(PylightnixError, TypeError):
    """What a name stands for takes no manager."""

    target: str
    found: str
    why: str

    def message(self) -> Message:
        return Message(
            f"'{self.target}' is no stage",
            (("found", self.found), ("reason", self.why)),
            "Name a function whose first parameter is the manager: `def stage(m: Manager, ...)`.",
        )


class UnknownArgument(PylightnixError, TypeError):
    """A stage takes no such argument."""

    stage: str
    argument: str
    known: str

    def message(self) -> Message:
        return Message(
            f"stage '{self.stage}' takes no such argument",
            (("argument", self.argument), ("parameters", self.known or "none")),
            "Give its parameters by name: `name=value`.",
        )


class MissingArgument(PylightnixError, TypeError):
    """A stage is not given what it needs."""

    stage: str
    parameter: str
    expected: str

    def message(self) -> Message:
        return Message(
            f"stage '{self.stage}' needs another argument",
            (("parameter", self.parameter), ("expected", self.expected)),
            f"Give it by name: `{self.parameter}=...`.",
        )


class BadArgument(PylightnixError, ValueError):
    """A text that is no value of the type that a stage's parameter has."""

    stage: str
    parameter: str
    value: str
    expected: str

    def message(self) -> Message:
        return Message(
            f"stage '{self.stage}' cannot take this argument",
            (("parameter", self.parameter), ("value", self.value), ("expected", self.expected)),
            "Write a value of that kind, or call the stage from Python.",
        )
