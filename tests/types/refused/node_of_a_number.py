"""A node holds a record, so that its parameters have names."""

from pipeline import Draw

from pylightnix_fn import Manager, node

parameters = Draw(3)
# error: [type-var] Value of type variable "C" of "node" cannot be "int"
m, shared = node(Manager(), parameters.count)
# fixed: m, shared = node(Manager(), parameters)
