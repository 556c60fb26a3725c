"""One of them would give one realization, the other several."""

from pylightnix_fn import all_of, best, first_of, latest

# error: [type-var] Value of type variable "M" of "first_of" cannot be
matcher = first_of(all_of(), latest())
# fixed: matcher = first_of(best("accuracy.txt"), latest())
