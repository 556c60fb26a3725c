"""An outputs record is an instance, not its class."""

from pipeline import Draw, Sample, draw

from pylightnix_fn import Manager, derive

# error: [call-overload] No overload variant of "derive" matches argument types
m, numbers = derive(Manager(), Draw(), Sample, draw)
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), draw)
