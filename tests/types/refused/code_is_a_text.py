"""A word in the place of the code is a `Version`."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import Manager, Version, derive

# error: [call-overload] No overload variant of "derive" matches argument types
m, numbers = derive(Manager(), Draw(), Sample(), draw, code="3")
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), draw, code=Version("3"))
