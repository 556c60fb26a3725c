"""A node dereferences to the parameters themselves."""

from attrs import frozen
from pipeline import Draw, Sample

from pylightnix_fn import Build, DRef


@frozen
class Shared:
    draw: DRef[Draw]


def write(b: Build[Shared, Sample]) -> None:
    # error: [attr-defined] "Draw" has no attribute "counts"; maybe "count"?
    count = b.deref(b.config.draw).counts
    # fixed: count = b.deref(b.config.draw).count
    b.out.numbers.write_text(str(count), encoding="utf-8")
