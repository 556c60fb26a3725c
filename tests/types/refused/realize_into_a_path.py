"""A path where the store is wanted."""

from pipeline import model

from pylightnix_fn import DiskStore, instantiate, realize

# error: [arg-type] Argument 2 to "realize" has incompatible type "str"; expected "Store"
result = realize(instantiate(model), "_pylightnix")
# fixed: result = realize(instantiate(model), DiskStore.open("_pylightnix"))
