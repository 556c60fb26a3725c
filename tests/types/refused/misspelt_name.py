"""A public name is one that exists."""

# error: [attr-defined] has no attribute "Maneger"
from pylightnix_fn import Maneger as Manager

# fixed: from pylightnix_fn import Manager

m = Manager()
