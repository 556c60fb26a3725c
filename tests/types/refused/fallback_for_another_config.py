"""What stands in for a realizer has its config and its outputs."""

from pipeline import draw, fit

from pylightnix_fn import fallback

# error: [arg-type] Argument 1 has incompatible type "Callable[[Build[Train, Model]], None]"
careful = fallback(draw)(fit)
# fixed: careful = fallback(fit)(fit)
