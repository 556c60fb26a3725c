"""Errors of work by hand: what a lens cannot see, and builds that are not there to go on with."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError


class NoSuchPart(PylightnixError, AttributeError, LookupError):
    """A lens was led to something that is not there."""

    lens: str
    part: str
    there: str

    def message(self) -> Message:
        return Message(
            f"there is no {self.part} at `{self.lens}`",
            (("there is", self.there),),
            "Choose one of these; `lens[...]` takes names that are no Python names.",
        )


class NotSeen(PylightnixError, TypeError):
    """A lens was asked for what the thing that it looks at does not have."""

    lens: str
    wanted: str
    seen: str

    def message(self) -> Message:
        return Message(
            f"`{self.lens}` has no {self.wanted}",
            (("it is", self.seen),),
            "Walk on to something that has one: `dir(lens)` lists where one can go.",
        )


class NothingPaused(PylightnixError, RuntimeError):
    """A function of `inplace` was to go on with a build, and none is paused."""

    function: str

    def message(self) -> Message:
        return Message(
            f"`{self.function}` has no paused build to work on",
            (),
            "Pause one first: `repl_realize(reference)`; what was cancelled or committed is over.",
        )
