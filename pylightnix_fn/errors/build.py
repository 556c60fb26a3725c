"""Errors of builds: what a realizer, a matcher or a codec did when it ran."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError


class RealizerFailed(PylightnixError, RuntimeError):
    """A realizer raised; the exception is this one's ``__cause__``."""

    name: str
    realizer: str
    error: str
    staging: str
    advice: str = "Mend the realizer; what it wrote, and error.txt with its traceback, were kept."

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' raised",
            (("realizer", self.realizer), ("error", self.error), ("written", self.staging)),
            self.advice,
        )


class MissingOutput(PylightnixError, FileNotFoundError):
    """A realizer did not write an output that its outputs record promises."""

    name: str
    realizer: str
    output: str
    expected: str
    found: str

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' did not write an output that it promised",
            (("output", self.output), ("expected", self.expected), ("found", self.found)),
            f"Write the file in '{self.realizer}', or take the output out of the promise.",
        )


class ReservedFile(PylightnixError, FileExistsError):
    """A realizer wrote a file under a name that the store keeps for itself."""

    name: str
    file: str
    staging: str

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' wrote a file under a name that the store keeps for itself",
            (("file", self.file), ("reserved", "context.json, __*__*"), ("written", self.staging)),
            "Give the file another name, or put it into a folder.",
        )


class UnsupportedFile(PylightnixError, OSError):
    """A realizer wrote what a store cannot keep."""

    name: str
    file: str
    why: str
    staging: str

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' wrote what a store cannot keep",
            (("file", self.file), ("reason", self.why), ("written", self.staging)),
            "Leave regular files, folders and relative links inside the result, nothing else.",
        )


class UnsatisfiedMatcher(PylightnixError, RuntimeError):
    """A matcher asked for more realizations than the budget allows."""

    name: str
    matcher: str
    wants: str
    built: int
    limit: str

    def message(self) -> Message:
        return Message(
            f"matcher of '{self.name}' was not satisfied within its budget",
            (
                ("matcher", self.matcher),
                ("wants", self.wants),
                ("built", self.built),
                ("limit", self.limit),
            ),
            "What was built is kept. Ask for less, or give a larger `budget=Budget(...)`.",
        )


class RefusedByMatcher(PylightnixError, LookupError):
    """A matcher said that no further realization can satisfy it."""

    name: str
    matcher: str
    why: str
    candidates: int

    def message(self) -> Message:
        return Message(
            f"matcher of '{self.name}' can never be satisfied",
            (("matcher", self.matcher), ("reason", self.why), ("candidates", self.candidates)),
            "Choose with another matcher, or remove the realizations that stand in its way.",
        )


class UndeclaredInput(PylightnixError, LookupError):
    """A realizer asked for a derivation that its config does not refer to."""

    name: str
    reference: str

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' asked for a derivation that its config does not refer to",
            (("reference", self.reference),),
            "Put the reference into a field of the config.",
        )


class DecodeFailed(PylightnixError, ValueError):
    """An artifact does not hold what its codec reads."""

    file: str
    codec: str
    why: str

    def message(self) -> Message:
        return Message(
            "an artifact does not hold what its codec reads",
            (("file", self.file), ("codec", self.codec), ("reason", self.why)),
            "Look at the file; build it again if its realizer was wrong.",
        )


class EncodeFailed(PylightnixError, TypeError):
    """A codec cannot hold a value."""

    file: str
    codec: str
    value: str
    why: str

    def message(self) -> Message:
        return Message(
            "a codec cannot hold this value",
            (
                ("file", self.file),
                ("codec", self.codec),
                ("value", self.value),
                ("reason", self.why),
            ),
            "Write a value that the codec can hold, or choose another codec.",
        )


class UnboundArtifact(PylightnixError, RuntimeError):
    """An artifact was read or written outside of a build and of a realization."""

    file: str

    def message(self) -> Message:
        return Message(
            "this artifact belongs to no realization yet",
            (("file", self.file),),
            "Take it from `b.out`, `b.deref(reference)` or `realize(...).out`.",
        )


class SealedArtifact(PylightnixError, PermissionError):
    """An artifact of a realization was to be written."""

    file: str

    def message(self) -> Message:
        return Message(
            "an artifact of a realization cannot be written",
            (("file", self.file),),
            "Write to `b.out` in a realizer; what is realized never changes.",
        )


class MatcherFailed(PylightnixError, RuntimeError):
    """A matcher raised; the exception is this one's ``__cause__``."""

    name: str
    matcher: str
    error: str

    def message(self) -> Message:
        return Message(
            f"matcher of '{self.name}' raised",
            (("matcher", self.matcher), ("error", self.error)),
            "Mend the matcher; nothing was built for its answer.",
        )


class RequirementFailed(PylightnixError, ValueError):
    """The outputs of a realizer did not pass a check."""

    name: str
    realizer: str
    check: str

    def message(self) -> Message:
        return Message(
            f"outputs of '{self.name}' do not meet what is required of them",
            (("realizer", self.realizer), ("requirement", self.check)),
            "Mend the realizer, or the requirement; what was written is kept.",
        )


class TimedOut(PylightnixError, TimeoutError):
    """A realizer did not end in time, and was ended."""

    name: str
    realizer: str
    seconds: float

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' did not end in time",
            (("realizer", self.realizer), ("limit", f"{self.seconds:g} s")),
            "Give it more time, or less to do; what was written is kept.",
        )


class Ended(PylightnixError, RuntimeError):
    """The process of a realizer ended without a word."""

    name: str
    realizer: str
    status: str

    def message(self) -> Message:
        return Message(
            f"the process that built '{self.name}' ended without a word",
            (("realizer", self.realizer), ("status", self.status)),
            "Look for a crash in compiled code, or for a lack of memory.",
        )


class CommandFailed(PylightnixError, RuntimeError):
    """A command of a realizer failed; ``tail`` holds the last lines that it printed."""

    name: str
    command: str
    status: str
    tail: str

    def message(self) -> Message:
        return Message(
            f"a command of '{self.name}' failed",
            (("command", self.command), ("status", self.status), ("printed", self.tail)),
            "Run the command by hand; what was written is kept.",
        )


class NothingToSelect(PylightnixError, LookupError):
    """No contender of a selection has a number."""

    name: str
    contenders: int

    def message(self) -> Message:
        return Message(
            f"'{self.name}' has nothing to select: no contender has a number",
            (("contenders", self.contenders),),
            "Look at the artifacts that it compares; not-a-number never wins.",
        )


class CannotTravel(PylightnixError, TypeError):
    """A realizer, or what it refers to, cannot be sent to another process."""

    name: str
    realizer: str
    why: str

    def message(self) -> Message:
        return Message(
            f"realizer of '{self.name}' cannot be sent to another process",
            (("realizer", self.realizer), ("reason", self.why)),
            "Make inside the realizer what cannot be copied, or build in threads.",
        )


class WorkerLost(PylightnixError, RuntimeError):
    """The process that built something ended without a word, again and again."""

    name: str
    realizer: str
    times: int

    def message(self) -> Message:
        return Message(
            f"the process that built '{self.name}' ended without a word",
            (("realizer", self.realizer), ("times", self.times)),
            "Look for a crash, or for a lack of memory, in the system's log.",
        )


class TooFewResources(PylightnixError, ValueError):
    """A build asks for more than there is."""

    name: str
    resource: str
    wanted: float
    there: float

    def message(self) -> Message:
        return Message(
            f"'{self.name}' asks for more than there is",
            (
                ("resource", self.resource),
                ("wanted", f"{self.wanted:g}"),
                ("there", f"{self.there:g}"),
            ),
            "Ask for less, or say what there is: `realize(..., capacity={...})`.",
        )


class NotRealized(PylightnixError, LookupError):
    """What was to be there already would have to be built."""

    name: str
    reference: str
    why: str

    def message(self) -> Message:
        return Message(
            f"'{self.name}' was to be realized already, and would have to be built",
            (("reference", self.reference), ("why", self.why)),
            "Look with `explain` at what changed, or realize it without `assert_realized`.",
        )


class WrongArgument(PylightnixError, TypeError):
    """An argument for one run is of another type than the realizer expects."""

    name: str
    argument: str
    found: str
    expected: str

    def message(self) -> Message:
        return Message(
            f"an argument for '{self.name}' is of a type that its realizer does not expect",
            (("argument", self.argument), ("found", self.found), ("expected", self.expected)),
            "Give another: `realize(..., arguments={dref: {name: value}})`.",
        )


class GivenUp(PylightnixError, RuntimeError):
    """A build failed so often before that it is not tried again; nothing was run."""

    name: str
    realizer: str
    failures: int
    last: str
    place: str

    def message(self) -> Message:
        return Message(
            f"'{self.name}' failed before, and is not tried again",
            (
                ("realizer", self.realizer),
                ("failures", self.failures),
                ("last one", self.last),
                ("kept in", self.place),
            ),
            "Mend the cause; then `forget_failures(store, dref)` lets it be tried again.",
        )


class DependencyFailed(PylightnixError, RuntimeError):
    """The value of an attempt was asked for, and the attempt had failed."""

    reference: str
    outcome: str
    file: str

    def message(self) -> Message:
        name = self.reference.partition("-")[2]
        return Message(
            f"the attempt '{name}' failed, so it has no value",
            (("reference", self.reference), ("outcome", self.outcome), ("traceback", self.file)),
            "Choose with `succeeded(matcher)` to try again, or ask `.succeeded` to go on without.",
        )


class BeingBuilt(PylightnixError, RuntimeError):
    """A build was to be paused that somebody else is at."""

    name: str
    who: str

    def message(self) -> Message:
        return Message(
            f"somebody builds '{self.name}' just now",
            (("builder", self.who),),
            "Wait until it has ended; if you paused it yourself, commit or cancel that first.",
        )


class PauseEnded(PylightnixError, RuntimeError):
    """Something was asked of a paused build that has another end, or none yet."""

    name: str
    wanted: str
    state: str

    def message(self) -> Message:
        return Message(
            f"the paused build of '{self.name}' cannot give this",
            (("wanted", self.wanted), ("state", self.state)),
            "Pause it once more, or leave the block first: that commits what was written.",
        )


class InputGone(PylightnixError, LookupError):
    """A failed build was to be reopened, and what it was built from is not there any more."""

    name: str
    reference: str
    place: str

    def message(self) -> Message:
        return Message(
            f"the failed build of '{self.name}' cannot be reopened: an input is gone",
            (("input", self.reference), ("failed in", self.place)),
            "Realize that input again, or pause the build without `failure`.",
        )
