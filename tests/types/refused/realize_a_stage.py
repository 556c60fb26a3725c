"""`realize` takes a closure, which `instantiate` makes of a stage."""

from pipeline import Model, model

from pylightnix_fn import MemoryStore, Realization, instantiate, realize

# error: [arg-type] Argument 1 to "realize" has incompatible type
result: Realization[Model] = realize(model, MemoryStore())
# fixed: result: Realization[Model] = realize(instantiate(model), MemoryStore())
