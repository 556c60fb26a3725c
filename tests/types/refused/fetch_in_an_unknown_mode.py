"""What happens to an archive is one of three words."""

from pylightnix_fn import Manager, fetchurl

URL = "https://example.org/numbers.zip"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# error: [call-overload] No overload variant of "fetchurl" matches argument types
m, fetched = fetchurl(Manager(), URL, SHA256, mode="unpak")
# fixed: m, fetched = fetchurl(Manager(), URL, SHA256, mode="unpack")
