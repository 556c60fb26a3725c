"""The manager comes first."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import DRef, Manager, derive


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    m, numbers = derive(m, Draw(), Sample(), draw)
    # error: [return-value] got "tuple[DRef[Sample], Manager]", expected "tuple[Manager,
    return numbers, m
    # fixed: return m, numbers
