"""An outputs record is frozen: what a stage promises stays."""

from pathlib import Path

from pipeline import Draw, Sample

from pylightnix_fn import Build


def draw(b: Build[Draw, Sample]) -> None:
    # error: [misc] Property "numbers" defined in "Sample" is read-only
    b.out.numbers = Path("other.txt")
    # fixed: b.out.numbers.rename(Path("other.txt"))
