"""A stage is mapped over what it takes."""

from pipeline import model

from pylightnix_fn import mapped

# error: [arg-type] Argument 1 to "mapped" has incompatible type
many = mapped(model, ["slow", "fast"])
# fixed: many = mapped(model, [0.1, 0.5])
