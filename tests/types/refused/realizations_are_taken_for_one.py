"""What a matcher for several chooses is a tuple of realizations."""

from pipeline import models

from pylightnix_fn import MemoryStore, instantiate, realize

results = realize(instantiate(models), MemoryStore())
# error: [attr-defined] "tuple[Realization[Model], ...]" has no attribute "out"
path = results.out.weights
# fixed: path = results[0].out.weights
