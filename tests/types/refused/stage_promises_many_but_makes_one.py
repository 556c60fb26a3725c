"""A matcher for one in a stage that gives several."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import Manager, Many, derive, latest


def stage(m: Manager) -> tuple[Manager, Many[Sample]]:
    # error: [return-value] got "tuple[Manager, DRef[Sample]]", expected "tuple[Manager,
    return derive(m, Draw(), Sample(), draw, latest())
    # fixed: return derive(m, Draw(), Sample(), draw, latest(1))
