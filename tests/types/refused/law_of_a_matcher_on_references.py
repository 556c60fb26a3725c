"""A matcher is checked on candidates."""

from pylightnix_fn import candidate, check_matcher, latest

made_up = candidate("a")
# error: [list-item] List item 0 has incompatible type "RRef[object]"; expected "Candidate"
check_matcher(latest(), [made_up.rref])
# fixed: check_matcher(latest(), [made_up])
