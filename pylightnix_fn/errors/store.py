"""Errors of stores: what lies on a disk, or does not."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError


class StoreIsFile(PylightnixError, NotADirectoryError):
    """The path of a store leads to something that is no folder."""

    path: str

    def message(self) -> Message:
        return Message(
            "a store must be a folder, and this is none",
            (("path", self.path),),
            "Choose another path, or move the file away.",
        )


class StoreMissing(PylightnixError, FileNotFoundError):
    """There is no store at this path."""

    path: str

    def message(self) -> Message:
        return Message(
            "there is no store here",
            (("path", self.path),),
            "Make one with `DiskStore.open(path)`, or open another path.",
        )


class StoreNotWritable(PylightnixError, PermissionError):
    """A store cannot be written to."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "the store cannot be written to",
            (("path", self.path), ("reason", self.why)),
            "Get the right to write, or build into a store of your own.",
        )


class StoreNotReadable(StoreNotWritable):
    """A store, or an object of it, cannot even be read."""

    def message(self) -> Message:
        return Message(
            "the store cannot be read",
            (("path", self.path), ("reason", self.why)),
            "Get the right to read it, or use a store of your own.",
        )


class StoreFailed(PylightnixError, OSError):
    """The file system that a store lies on did not do what it was asked to."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "the file system of the store failed",
            (("path", self.path), ("reason", self.why)),
            "Look at the system's log and the disk; then see what is whole with `verify(store)`.",
        )


class StoreIncomplete(PylightnixError, RuntimeError):
    """A part of a store is gone that it cannot be without."""

    path: str
    missing: str

    def message(self) -> Message:
        return Message(
            "a part of the store is gone",
            (("path", self.path), ("missing", self.missing)),
            "Restore it from a backup, or remove the folder to begin a new store there.",
        )


class StoreOfOthers(PylightnixError, PermissionError):
    """Another user could put something else in the place of a store."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "somebody else could replace what is in the store",
            (("path", self.path), ("reason", self.why)),
            "Choose a folder of your own, or open it with `trust=True` if that is as it should be.",
        )


class UnknownFormat(PylightnixError, RuntimeError):
    """A store is laid out in a way that this version of the library does not know."""

    path: str
    found: str
    known: str

    def message(self) -> Message:
        return Message(
            "the store has a format that this version does not know",
            (("path", self.path), ("format", self.found), ("known", self.known)),
            "Install a version of the library that knows it; nothing was changed.",
        )


class StoreFull(PylightnixError, OSError):
    """There is no room left for a store."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "there is no room left for the store",
            (("path", self.path), ("reason", self.why)),
            "Free some room and run it again: what was finished is kept, nothing is half there.",
        )


class StagingElsewhere(PylightnixError, OSError):
    """Staging folders lie on another file system than the store."""

    store: str
    staging: str

    def message(self) -> Message:
        return Message(
            "staging folders must lie on the file system of their store",
            (("store", self.store), ("staging", self.staging)),
            "Leave the staging folder out: the default lies inside the store.",
        )


class MissingObject(PylightnixError, LookupError):
    """A store does not hold what a reference refers to."""

    reference: str
    store: str

    def message(self) -> Message:
        return Message(
            "the store does not hold this object",
            (("reference", self.reference), ("store", self.store)),
            "Realize it again, or open the store that it came from.",
        )


class DamagedObject(PylightnixError, RuntimeError):
    """An object of the store is not what its name says."""

    reference: str
    file: str
    why: str

    def message(self) -> Message:
        return Message(
            "an object of the store is damaged",
            (("object", self.reference), ("file", self.file), ("reason", self.why)),
            "Put it aside with `repair(store)`; the next `realize` builds it again.",
        )


class HashCollision(PylightnixError, RuntimeError):
    """Two different results have the same reference."""

    reference: str
    there: str
    new: str
    staging: str

    def message(self) -> Message:
        return Message(
            "two different results have the same reference",
            (
                ("reference", self.reference),
                ("in the store", self.there),
                ("new", self.new),
                ("kept in", self.staging),
            ),
            "Nothing was replaced. Compare both folders: one of them was tampered with.",
        )


class StillNeeded(PylightnixError, RuntimeError):
    """An object cannot be removed: others were built from it."""

    reference: str
    users: str

    def message(self) -> Message:
        return Message(
            "this object cannot be removed: others refer to it",
            (("object", self.reference), ("needed by", self.users)),
            "Remove those first.",
        )


class UnknownRoot(PylightnixError, LookupError):
    """A store has no root of this name."""

    name: str
    there: str

    def message(self) -> Message:
        return Message(
            f"there is no root '{self.name}'",
            (("there are", self.there),),
            "Choose one of these. A link that is a root is removed like any file.",
        )


class NotRunning(PylightnixError, LookupError):
    """No build of a derivation is under way."""

    reference: str
    store: str

    def message(self) -> Message:
        return Message(
            "no build of this derivation is under way",
            (("derivation", self.reference), ("store", self.store)),
            "Look at the logs that were kept: those of its realizations and of failed builds.",
        )


class NoSuchFile(PylightnixError, FileNotFoundError):
    """A realization holds no file of this name."""

    reference: str
    file: str
    found: str

    def message(self) -> Message:
        return Message(
            "the realization holds no such file",
            (("object", self.reference), ("file", self.file), ("found", self.found)),
            "Choose one of the files found.",
        )


class NoStoreChosen(PylightnixError, RuntimeError):
    """A function of `inplace` was called before a store was chosen."""

    function: str

    def message(self) -> Message:
        return Message(
            "no store was chosen for this session",
            (),
            f"Call `{self.function}()`, or `{self.function}(path)`, first.",
        )


class NothingKept(PylightnixError, ValueError):
    """A garbage collection would remove every object of a store."""

    store: str
    objects: int

    def message(self) -> Message:
        return Message(
            "this would remove every object of the store",
            (("store", self.store), ("objects", self.objects)),
            "Choose a policy that keeps something, or say that you mean it: `everything=True`.",
        )


class UnknownCollection(PylightnixError, LookupError):
    """There is no garbage collection of this name that could be undone."""

    name: str
    there: str

    def message(self) -> Message:
        return Message(
            "there is no such garbage collection to undo",
            (("name", self.name), ("in the trash", self.there)),
            "Choose one that is in the trash; what was emptied from it is gone.",
        )


class LinkTaken(PylightnixError, FileExistsError):
    """Something is where a link to an object was to be."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "a link to an object cannot be made here",
            (("path", self.path), ("reason", self.why)),
            "Choose another path, or move what is there away.",
        )


class StoreNotShared(PylightnixError, ValueError):
    """A store that only this process can see was to be used by others."""

    store: str

    def message(self) -> Message:
        return Message(
            "this store cannot be used by other processes",
            (("store", self.store),),
            "Open a `DiskStore`, or build in threads: `executor=ThreadPoolExecutor()`.",
        )
