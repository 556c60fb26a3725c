"""One reference is no list of references."""

from pipeline import model

from pylightnix_fn import MemoryStore, instantiate, realize

store = MemoryStore()
before = realize(instantiate(model), store)
# error: [arg-type] Argument "rebuild" to "realize" has incompatible type "DRef[Model]"
result = realize(instantiate(model), store, rebuild=before.dref)
# fixed: result = realize(instantiate(model), store, rebuild=[before.dref])
