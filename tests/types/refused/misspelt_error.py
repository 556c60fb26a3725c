"""An error that is caught is one that exists."""

from pylightnix_fn import errors

# error: [attr-defined] has no attribute "StoreMising"
caught = (errors.StoreMising,)
# fixed: caught = (errors.StoreMissing,)
