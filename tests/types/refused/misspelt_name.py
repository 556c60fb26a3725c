"""A public name is one that exists."""

import pylightnix_fn as pn

# error: [attr-defined] has no attribute "Maneger"
m = pn.Maneger()
# fixed: m = pn.Manager()
