"""A label is a text."""

from pylightnix_fn import Matcher, latest

# error: [arg-type] Argument 3 to "Matcher" has incompatible type "int"; expected "str"
matcher = Matcher(frozenset(), latest().choose, 3)
# fixed: matcher = Matcher(frozenset(), latest().choose, "3")
