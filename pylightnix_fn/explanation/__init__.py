"""What a realization would use and build, and why, as values that say it in words."""

from pylightnix_fn.explanation.step import Hit, Miss
from pylightnix_fn.explanation.whole import Explanation

__all__ = ["Explanation", "Hit", "Miss"]
