"""A node holds a record, so that its parameters have names."""

from pipeline import Draw

from pylightnix_fn import Manager, node

# error: [type-var] Value of type variable "C" of "node" cannot be "int"
m, shared = node(Manager(), 3)
# fixed: m, shared = node(Manager(), Draw(3))
