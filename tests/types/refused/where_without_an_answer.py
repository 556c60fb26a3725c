"""A predicate says yes or no."""

from pylightnix_fn import Candidate, latest, where


def told(each: Candidate) -> None:
    print(each)


def small(each: Candidate) -> bool:
    return each.size < 100


# error: [arg-type] Argument 1 to "where" has incompatible type "Callable[[Candidate], None]"
matcher = where(told, latest())
# fixed: matcher = where(small, latest())
