"""A codec is checked on values that it holds."""

from pylightnix_fn import check_codec, number

# error: [misc] Cannot infer value of type parameter "V" of "check_codec"
check_codec(number, ["0.5"])
# fixed: check_codec(number, [0.5])
