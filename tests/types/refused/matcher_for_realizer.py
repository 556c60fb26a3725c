"""A matcher where the realizer belongs."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import Manager, derive, latest

# error: [call-overload] No overload variant of "derive" matches argument types
m, numbers = derive(Manager(), Draw(), Sample(), latest())
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), draw, latest())
