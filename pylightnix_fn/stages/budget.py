"""How much an archive may unfold into, counted down while it is unpacked."""

from __future__ import annotations

from attrs import define, frozen

from pylightnix_fn.stages.member import Refusal


@frozen
class Limits:
    """Bounds on what one archive unfolds into; one more entry or byte is refused.

    ``entries`` counts members, and folders that are only implied by the names of members; ``size``
    counts the bytes of all files. Above ``free`` bytes, an archive may also not unfold into more
    than ``ratio`` times its own size: real data rarely shrinks to a hundredth, a bomb of zeros to a
    thousandth (gzip) or a millionth (bzip2).
    """

    entries: int = 1_000_000
    size: int = 100 << 30
    ratio: int = 2000
    free: int = 100 << 20

    def budget(self, archive_size: int) -> Budget:
        """The bounds for an archive of so many bytes."""
        size = min(self.size, max(self.free, self.ratio * archive_size))
        return Budget(self.entries, size, f"{self.entries} entries", f"{size} bytes")


@define
class Budget:
    """What is left of the bounds of one archive."""

    entries: int
    size: int
    all_entries: str
    all_size: str

    def enter(self, member: str) -> None:
        """Count one entry."""
        if self.entries == 0:
            raise Refusal(f"it holds more than {self.all_entries}", member)
        self.entries -= 1

    def spend(self, size: int, member: str) -> None:
        """Count bytes, before they are unfolded."""
        if size > self.size:
            raise Refusal(f"it unfolds into more than {self.all_size}", member)
        self.size -= size
