"""How often is a number."""

from pipeline import fit

from pylightnix_fn import retry

# error: [arg-type] Argument 1 to "retry" has incompatible type "str"; expected "int"
careful = retry("3")(fit)
# fixed: careful = retry(3)(fit)
