"""A store where the closure is wanted."""

from pipeline import Model, model

from pylightnix_fn import MemoryStore, Realization, instantiate, realize

# error: [arg-type] Argument 1 to "realize" has incompatible type "MemoryStore"
result: Realization[Model] = realize(MemoryStore(), MemoryStore())
# fixed: result: Realization[Model] = realize(instantiate(model), MemoryStore())
