"""`step` checks the arguments of the stage."""

from pipeline import model

from pylightnix_fn import step

# error: [arg-type] Argument "rate" to "step" has incompatible type "str"; expected "float"
later = step(model, rate="fast")
# fixed: later = step(model, rate=0.5)
