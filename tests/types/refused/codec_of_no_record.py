"""`json_of` keeps attrs classes."""

from attrs import frozen

from pylightnix_fn import json_of


@frozen
class Point:
    x: int


# error: [type-var] Value of type variable "R" of "json_of" cannot be "dict[str, int]"
point = json_of(dict[str, int])
# fixed: point = json_of(Point)
