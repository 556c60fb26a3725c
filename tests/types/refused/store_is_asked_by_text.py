"""A store is asked by reference."""

from pylightnix_fn import Store, rref_from


def remove(store: Store, text: str) -> None:
    # error: [arg-type] Argument 1 to "remove" of "Store" has incompatible type "str"
    store.remove(text)
    # fixed: store.remove(rref_from(text))
