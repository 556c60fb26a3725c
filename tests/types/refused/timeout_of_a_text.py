"""Time is a number of seconds."""

from pipeline import fit

from pylightnix_fn import timeout

# error: [arg-type] Argument 1 to "timeout" has incompatible type "str"; expected "float"
careful = timeout("1h")(fit)
# fixed: careful = timeout(3600)(fit)
