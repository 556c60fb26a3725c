"""A file holds a text or bytes."""

from pylightnix_fn import Manager, file

# error: [arg-type] Argument 3 to "file" has incompatible type "int"; expected "str | bytes"
m, made = file(Manager(), "three.txt", 3)
# fixed: m, made = file(Manager(), "three.txt", "3")
