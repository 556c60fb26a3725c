"""The best is best by the number in a file."""

from pylightnix_fn import best

# error: [call-overload] "best" matches argument type "int"
matcher = best(2)
# fixed: matcher = best("accuracy.txt", 2)
