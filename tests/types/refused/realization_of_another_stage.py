"""The outputs of a realization are those of its stage."""

from pipeline import model

from pylightnix_fn import MemoryStore, instantiate, realize

result = realize(instantiate(model), MemoryStore())
# error: [attr-defined] "Model" has no attribute "numbers"
path = result.out.numbers
# fixed: path = result.out.weights
