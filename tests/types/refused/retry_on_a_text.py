"""What is tried again is named by classes of exceptions."""

from pipeline import fit

from pylightnix_fn import retry

# error: [arg-type] Argument "on" to "retry" has incompatible type "str"
careful = retry(3, on="OSError")(fit)
# fixed: careful = retry(3, on=OSError)(fit)
