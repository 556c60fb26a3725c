"""Members of archives, and the rules that their names and links must keep.

Pure. A member that breaks a rule raises `Refusal`; whoever knows the archive turns it into an error
that names it. Rules of names: relative, UTF-8 without control characters, no empty, ``.`` or ``..``
component (but a leading ``./``), components of at most 255 bytes, at most 64 of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TypeAlias

from attrs import field, frozen

_MAX_DEPTH = 64
_MAX_COMPONENT = 255  # bytes, NAME_MAX of all usual file systems
_MAX_PATH = 4095  # bytes, PATH_MAX without its final NUL

Components: TypeAlias = tuple[str, ...]


class Refusal(Exception):
    """Why an archive, or one member of it, is not unpacked."""

    def __init__(self, why: str, member: str | None = None, *, damaged: bool = False) -> None:
        super().__init__(why, member)
        self.why = why
        self.member = member
        self.damaged = damaged


@frozen
class Folder:
    """A directory."""

    name: str


@frozen
class File:
    """A regular file; ``content`` gives ``size`` bytes, once."""

    name: str
    size: int
    executable: bool
    content: Iterator[bytes] = field(eq=False)


@frozen
class Symlink:
    """A symbolic link."""

    name: str
    target: str


@frozen
class HardLink:
    """A second name of an earlier file, given by the name of that member."""

    name: str
    target: str


Member: TypeAlias = Folder | File | Symlink | HardLink


def components(name: str) -> Components:
    """The name of a member in parts; ``()`` is the folder that all is unpacked into.

    >>> components("./a/b")
    ('a', 'b')
    >>> components("./")
    ()
    """
    _check_text(name, name)
    if name.startswith("/"):
        raise Refusal("its name is absolute", name)
    if name in (".", "./"):
        return ()
    parts = tuple(name.removeprefix("./").split("/"))
    if any(part in ("", ".", "..") for part in parts):
        raise Refusal("its name has an empty, '.' or '..' component", name)
    if len(parts) > _MAX_DEPTH:
        raise Refusal(f"its name is more than {_MAX_DEPTH} folders deep", name)
    if any(len(part.encode()) > _MAX_COMPONENT for part in parts):
        raise Refusal(f"a component of its name has more than {_MAX_COMPONENT} bytes", name)
    return parts


def check_symlink(link: Symlink, path: Components) -> None:
    """Refuse a target that could lead out of the folder.

    ``..`` may only open a target. Above the link are true folders, so there it leads up inside;
    behind a name it would start from wherever that name, if it is a link itself, has led to.
    """
    name, target = link.name, link.target
    _check_text(target, name)
    if target == "" or target.startswith("/"):
        raise Refusal(f"it links to {target!r}, which is not relative", name)
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((place for place, part in enumerate(parts) if part != ".."), len(parts))
    if ups >= len(path) or ".." in parts[ups:]:
        raise Refusal(f"it links to {target!r}, which may lie outside", name)


def folded(path: Components) -> str:
    """What two paths share that some file system cannot tell apart.

    >>> folded(("Read", "ME")) == folded(("read", "me"))
    True
    """
    text = "/".join(path)
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())


def _check_text(text: str, member: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Refusal("it has a name or target that is not UTF-8", member) from None
    if not text.isprintable() and any(unicodedata.category(sign) == "Cc" for sign in text):
        raise Refusal("it has a name or target with control characters", member)
    if size > _MAX_PATH:
        raise Refusal(f"it has a name or target of more than {_MAX_PATH} bytes", member)
