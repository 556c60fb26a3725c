"""A realizer that reads a parameter which its config lacks."""

from pipeline import Draw, Sample

from pylightnix_fn import Build


def draw(b: Build[Draw, Sample]) -> None:
    # error: [attr-defined] "Draw" has no attribute "cuont"; maybe "count"?
    b.out.numbers.write_text("1\n" * b.config.cuont, encoding="utf-8")
    # fixed: b.out.numbers.write_text("1\n" * b.config.count, encoding="utf-8")
