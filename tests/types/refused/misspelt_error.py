"""An error that is caught is one that exists."""

# error: [attr-defined] has no attribute "StoreMising"
from pylightnix_fn.errors import StoreMising as StoreMissing

# fixed: from pylightnix_fn.errors import StoreMissing

caught = (StoreMissing,)
