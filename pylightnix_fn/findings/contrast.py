"""How two objects of a store differ: what they are made from, and what is in them.

Made by who can read both; here nothing is read.
"""

from __future__ import annotations

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import Change
from pylightnix_fn.findings.alteration import ArtifactChange
from pylightnix_fn.findings.columns import cut
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH, brief


@frozen
class Difference:
    """How two derivations, or two realizations, differ.

    ``code`` are the functions whose digests differ, ``config`` is the rest of what derivations are
    made from; ``facts`` are times, size and versions. ``same`` counts the artifacts that are equal.
    """

    old: Reference
    new: Reference
    config: tuple[Change, ...] = ()
    code: tuple[Change, ...] = ()
    context: tuple[Change, ...] = ()
    artifacts: tuple[ArtifactChange, ...] = ()
    facts: tuple[Change, ...] = ()
    same: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs that counts: facts do not."""
        return not (self.config or self.code or self.context or self.artifacts)

    def json(self) -> Json:
        """All differences, part by part."""
        return {
            "old": self.old.text,
            "new": self.new.text,
            "config": [each.json() for each in self.config],
            "code": [each.json() for each in self.code],
            "context": [each.json() for each in self.context],
            "artifacts": [each.json() for each in self.artifacts],
            "same": self.same,
            "facts": [each.json() for each in self.facts],
        }

    def text(self, width: int = WIDTH) -> str:
        """The differences on lines of so many columns at most."""
        lines = [f"old  {brief(self.old.text)}", f"new  {brief(self.new.text)}"]
        for title, changes in (
            ("config", self.config),
            ("code", self.code),
            ("context", self.context),
        ):
            lines += _section(title, [str(each) for each in changes])
        lines += _section("artifacts", self._artifact_lines())
        lines += _section("facts, which do not count", [str(each) for each in self.facts])
        if self.is_empty:
            lines += ["", "nothing differs that counts"]
        return "\n".join(cut(line, width) for line in lines)

    def _artifact_lines(self) -> list[str]:
        lines = [line for each in self.artifacts for line in each.lines()]
        return [*lines, f"{self.same} equal"] if lines and self.same else lines

    def __str__(self) -> str:
        return self.text()


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []
