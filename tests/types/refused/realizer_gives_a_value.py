"""A realizer writes its results; what it returns would be lost."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import Build, Manager, derive


def drawn(b: Build[Draw, Sample]) -> float:
    return 0.5


# error: [arg-type] Argument 4 to "derive" has incompatible type "Callable[[Build[Draw, Sample]],
m, numbers = derive(Manager(), Draw(), Sample(), drawn)
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), draw)
