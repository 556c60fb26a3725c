"""The texts that a matcher reads are a frozen set: a matcher is a value."""

from pylightnix_fn import Matcher, latest

# error: [arg-type] Argument 1 to "Matcher" has incompatible type "list[str]"; expected
matcher = Matcher(["accuracy.txt"], latest().choose)
# fixed: matcher = Matcher(frozenset({"accuracy.txt"}), latest().choose)
