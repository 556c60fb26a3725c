"""The arguments of a stage are checked in a notebook, too."""

from pipeline import model

from pylightnix_fn.inplace import instantiate_inplace

# error: [arg-type] Argument "rate" to "instantiate_inplace" has incompatible type "str"
fitted = instantiate_inplace(model, rate="fast")
# fixed: fitted = instantiate_inplace(model, rate=0.5)
