"""How much an archive may unfold into, counted down while it is unpacked."""

from __future__ import annotations

from attrs import define, evolve, frozen

from pylightnix_fn.archive.member import Refusal


@frozen
class Limits:
    """Bounds on what one archive unfolds into; one more entry or byte is refused.

    ``entries`` counts members, and folders that are only implied by the names of members; ``size``
    counts the bytes of all files; ``names`` those of all names and targets of links, which are held
    in memory. Above ``free`` bytes, an archive may also not unfold into more than ``ratio`` times
    its own size: real data rarely shrinks to a hundredth, a bomb of zeros to a thousandth (gzip) or
    a millionth (bzip2).
    """

    entries: int = 1_000_000
    size: int = 100 << 30
    names: int = 128 << 20
    ratio: int = 2000
    free: int = 100 << 20

    def budget(self, archive_size: int) -> Budget:
        """The bounds for an archive of so many bytes."""
        size = min(self.size, max(self.free, self.ratio * archive_size))
        return Budget(evolve(self, size=size), self.entries, size, self.names)


@define
class Budget:
    """What is left of the bounds of one archive."""

    limits: Limits
    entries: int
    size: int
    names: int

    def enter(self, member: str) -> None:
        """Count one entry."""
        if self.entries == 0:
            raise Refusal(f"it holds more than {self.limits.entries} entries", member)
        self.entries -= 1

    def spend(self, size: int, member: str) -> None:
        """Count bytes, before they are unfolded."""
        if size > self.size:
            raise Refusal(f"it unfolds into more than {self.limits.size} bytes", member)
        self.size -= size

    def remember(self, text: str, member: str) -> None:
        """Count the bytes of a name that is held in memory."""
        size = len(text.encode("utf-8", "surrogateescape"))
        if size > self.names:
            raise Refusal(f"its names have more than {self.limits.names} bytes", member)
        self.names -= size
