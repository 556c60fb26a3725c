"""What is to be built once more is named by references."""

from pipeline import model

from pylightnix_fn import Manager, MemoryStore, instantiate, realize

m, fitted = model(Manager())
# error: [list-item] List item 0 has incompatible type "str"; expected "DRef[object] | Many[object]"
result = realize(instantiate(model), MemoryStore(), rebuild=[fitted.text])
# fixed: result = realize(instantiate(model), MemoryStore(), rebuild=[fitted])
