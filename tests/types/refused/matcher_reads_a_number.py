"""The texts that a matcher reads are named by texts."""

from pylightnix_fn import Matcher, latest

# error: [list-item] List item 0 has incompatible type "int"; expected "str"
matcher = Matcher([1], latest().choose)
# fixed: matcher = Matcher(["accuracy.txt"], latest().choose)
