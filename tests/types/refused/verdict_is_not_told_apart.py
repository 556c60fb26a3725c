"""A candidate may hold no number."""

from pylightnix_fn import Candidate


def good(each: Candidate) -> bool:
    accuracy = each.number("accuracy.txt")
    # error: [operator] Unsupported operand types for < ("float" and "None")
    return accuracy > 0.5
    # fixed: return accuracy is not None and accuracy > 0.5
