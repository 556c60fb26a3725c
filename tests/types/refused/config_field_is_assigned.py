"""A config is frozen, so that its key stays true."""

from pipeline import Draw, Sample

from pylightnix_fn import Build


def draw(b: Build[Draw, Sample]) -> None:
    # error: [misc] Property "count" defined in "Draw" is read-only
    b.config.count = 4
    # fixed: assert b.config.count == 4
