"""How many of the latest is a number."""

from pylightnix_fn import latest

# error: [call-overload] No overload variant of "latest" matches argument type "str"
matcher = latest("2")
# fixed: matcher = latest(2)
