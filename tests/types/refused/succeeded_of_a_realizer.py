"""What succeeded is chosen by a matcher."""

from pipeline import fit

from pylightnix_fn import latest
from pylightnix_fn.combinator.attempt import succeeded

# error: [type-var] Value of type variable "M" of "succeeded" cannot be
matcher = succeeded(fit)
# fixed: matcher = succeeded(latest())
