"""A pair is realized in its order."""

from pipeline import model, sample

from pylightnix_fn import MemoryStore, both, instantiate, realize

first, second = realize(instantiate(both(sample, model)), MemoryStore())
# error: [attr-defined] "Sample" has no attribute "weights"
path = first.out.weights
# fixed: path = second.out.weights
