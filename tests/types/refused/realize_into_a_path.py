"""A path where the store is wanted."""

from pipeline import model

from pylightnix_fn import DiskStore, instantiate, realize

store = DiskStore.open("_pylightnix")
# error: [arg-type] Argument 2 to "realize" has incompatible type "str"; expected "Store"
result = realize(instantiate(model), "_pylightnix")
# fixed: result = realize(instantiate(model), store)
