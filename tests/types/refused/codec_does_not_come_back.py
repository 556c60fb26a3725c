"""A codec decodes to what it encodes."""

from pylightnix_fn import Codec


def encode(value: int) -> bytes:
    return str(value).encode()


# error: [arg-type] Argument 3 to "Codec" has incompatible type
whole: Codec[int] = Codec("whole", encode, bytes.decode)
# fixed: whole: Codec[int] = Codec("whole", encode, int)
