"""A key can be compared; complex numbers cannot."""

from pylightnix_fn import Candidate, all_of, order_by


def plane(each: Candidate) -> complex:
    return complex(each.size)


def size(each: Candidate) -> int:
    return each.size


# error: [arg-type] Argument 1 to "order_by" has incompatible type
matcher = order_by(plane, all_of())
# fixed: matcher = order_by(size, all_of())
