"""The first of several: a matcher for one has nothing to take from."""

from pylightnix_fn import all_of, latest, take

matchers = (latest(), all_of())
# error: [arg-type] Argument 2 to "take" has incompatible type "Matcher"; expected "ManyMatcher"
matcher = take(2, matchers[0])
# fixed: matcher = take(2, matchers[1])
