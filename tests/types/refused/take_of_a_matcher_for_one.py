"""The first of several: a matcher for one has nothing to take from."""

from pylightnix_fn import all_of, latest, take

# error: [arg-type] Argument 2 to "take" has incompatible type "Matcher"; expected "ManyMatcher"
matcher = take(2, latest())
# fixed: matcher = take(2, all_of())
