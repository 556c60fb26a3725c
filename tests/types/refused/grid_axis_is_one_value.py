"""An axis of a grid has several values."""

from pipeline import Draw

from pylightnix_fn import grid

# error: [arg-type] Argument "count" to "grid" has incompatible type "int"; expected
configs = grid(Draw(), count=3)
# fixed: configs = grid(Draw(), count=(3,))
