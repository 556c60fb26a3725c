"""A derivation is built once more, not a realization."""

from pipeline import model

from pylightnix_fn import MemoryStore, instantiate, realize

store = MemoryStore()
before = realize(instantiate(model), store)
# error: [list-item] incompatible type "RRef[Model]"; expected "DRef[object] | Many[object]"
result = realize(instantiate(model), store, rebuild=[before.rref])
# fixed: result = realize(instantiate(model), store, rebuild=[before.dref])
