"""A key can be compared; complex numbers cannot."""

from pylightnix_fn import Candidate, all_of, order_by


def plane(each: Candidate) -> complex:
    return complex(each.size)


def size(each: Candidate) -> int:
    return each.size


# error: [type-var] Value of type variable "K" of "order_by" cannot be "complex"
matcher = order_by(plane, all_of())
# fixed: matcher = order_by(size, all_of())
