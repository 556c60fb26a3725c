"""`logged` wraps the realizer itself: it has no parameters."""

from pipeline import fit

from pylightnix_fn import logged, retry

# error: [arg-type] Argument 1 to "logged" has incompatible type
careful = logged(retry(3))(fit)
# fixed: careful = logged(retry(3)(fit))
