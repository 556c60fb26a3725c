"""What can be shown of a realization's outputs, read through the files that they are bound to.

No codec runs, for one of the user's may do anything: a short text in a file is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import evolve

from pylightnix_fn.encoding import fields_of
from pylightnix_fn.html.forms import SHOWN_CHARACTERS, Output
from pylightnix_fn.outputs import Artifact, Codec
from pylightnix_fn.tree import Folder

MOST_READ: Final = 16 * 2**20  # bytes of a realization whose artifacts are all read

_SHORT: Final = "number"  # the codec whose files are short in any realization
_RAW: Final[Codec[object]] = Codec("raw", lambda _: b"", bytes)


def shown_outputs(outputs: object, folder: Path, size: int) -> Iterator[Output]:
    """The outputs of a record that is bound to a folder; ``size`` is that of all its files."""
    if isinstance(outputs, Folder):  # nobody has said what is in it
        return
    for name, value in (fields_of(outputs) or {}).items():
        if isinstance(value, Path):
            yield Output(name, _inside(value, folder))
        elif isinstance(value, Artifact):
            plain = Output(name, _inside(value.path, folder))
            is_read = size <= MOST_READ or value.codec.name == _SHORT
            yield _with_content(plain, value) if is_read else plain


def _inside(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _with_content(output: Output, artifact: Artifact[object]) -> Output:
    try:
        data = evolve(artifact, codec=_RAW).read()
    except Exception as error:  # a display says what is wrong, and does not raise it
        return evolve(output, content=f"cannot be read: {type(error).__name__}")
    if not isinstance(data, bytes):
        return output
    return evolve(output, size=len(data), content=excerpt(data))


def excerpt(data: bytes) -> str:
    """The beginning of a text; empty for what is none.

    >>> excerpt(b"0.9853"), excerpt(b"\\x93NUMPY")
    ('0.9853', '')
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    if "\x00" in text:
        return ""
    short = text[:SHOWN_CHARACTERS].rstrip()
    return short if len(text) <= SHOWN_CHARACTERS else f"{short} ..."
