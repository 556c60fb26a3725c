"""What is fetched is known by its checksum."""

from pylightnix_fn import Manager, fetchurl

URL = "https://example.org/numbers.txt"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# error: [call-overload] No overload variant of "fetchurl" matches argument types
m, fetched = fetchurl(Manager(), URL)
# fixed: m, fetched = fetchurl(Manager(), URL, SHA256)
