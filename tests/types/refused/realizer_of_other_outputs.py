"""A realizer writes the outputs that its stage promises."""

from pipeline import Draw, Model, Sample, draw

from pylightnix_fn import Manager, derive

# error: [arg-type] Argument 4 to "derive" has incompatible type "Callable[[Build[Draw, Sample]],
m, numbers = derive(Manager(), Draw(), Model(), draw)
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), draw)
