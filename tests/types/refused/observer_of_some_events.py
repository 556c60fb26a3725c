"""An observer hears of every event."""

from pipeline import model

from pylightnix_fn import Built, Event, MemoryStore, instantiate, realize


def of_builds(event: Built) -> None:
    print(event.rref)


def of_all(event: Event) -> None:
    print(event)


# error: [arg-type] Argument "observe" to "realize" has incompatible type "Callable[[Built], None]"
result = realize(instantiate(model), MemoryStore(), observe=of_builds)
# fixed: result = realize(instantiate(model), MemoryStore(), observe=of_all)
