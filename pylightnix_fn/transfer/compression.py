"""One zstd frame around a stream of bytes, and nothing before, behind or beside it.

Memory stays bounded whatever a frame asks for: by its window, and by how much comes out at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from pylightnix_fn.archive.member import Refusal
from pylightnix_fn.archive.stream import CHUNK
from pylightnix_fn.errors.transfer import PackageMissing

LEVEL: Final = 3
LARGEST_WINDOW: Final = 27  # two to the power of this, in bytes
_INPUT: Final = 1 << 16
_MAGIC: Final = b"\x28\xb5\x2f\xfd"


def check_compression() -> None:
    """Raise `PackageMissing` before anything is done in vain."""
    try:
        from backports import zstd  # noqa: F401
    except ImportError:
        raise PackageMissing("backports.zstd", "transfer") from None


def compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes as one frame, with a checksum."""
    check_compression()
    from backports import zstd

    options = {
        int(zstd.CompressionParameter.compression_level): LEVEL,
        int(zstd.CompressionParameter.checksum_flag): 1,
    }
    compressor = zstd.ZstdCompressor(options=options)
    for chunk in chunks:
        if data := compressor.compress(chunk):
            yield data
    yield compressor.flush()


def decompressed(file: BinaryIO) -> Iterator[bytes]:
    """The bytes inside of the one frame that a file consists of."""
    check_compression()
    from backports import zstd

    if file.read(len(_MAGIC)) != _MAGIC:
        raise Refusal("it is not compressed as an export is")
    file.seek(0)
    options = {int(zstd.DecompressionParameter.window_log_max): LARGEST_WINDOW}
    decompressor = zstd.ZstdDecompressor(options=options)
    while not decompressor.eof:
        data = file.read(_INPUT) if decompressor.needs_input else b""
        if decompressor.needs_input and not data:
            raise Refusal("its zstd data ends too early", damaged=True)
        try:
            chunk = decompressor.decompress(data, CHUNK)
        except zstd.ZstdError as error:
            raise Refusal(f"its zstd data is not valid ({error})", damaged=True) from None
        if chunk:
            yield chunk
    if decompressor.unused_data or file.read(1):
        raise Refusal("it has other bytes behind its end", damaged=True)
