"""A grid is over the fields of a record."""

from pipeline import Draw

from pylightnix_fn import grid

# error: [type-var] Value of type variable "C" of "grid" cannot be "dict[str, int]"
configs = grid({"count": 3}, count=(1, 2))
# fixed: configs = grid(Draw(), count=(1, 2))
