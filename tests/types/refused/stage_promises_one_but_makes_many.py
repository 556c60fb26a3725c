"""A matcher for several in a stage that gives one."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import DRef, Manager, best, derive


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    # error: [return-value] got "tuple[Manager, Many[Sample]]", expected "tuple[Manager,
    return derive(m, Draw(), Sample(), draw, best("total.txt", 2))
    # fixed: return derive(m, Draw(), Sample(), draw, best("total.txt"))
