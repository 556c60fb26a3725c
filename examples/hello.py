"""A toy package manager: fetch a source archive, configure, make, install, run.

A package is three stages. *Source* fetches an archive, whose checksum was known beforehand, and
unpacks it. *Package* builds it: its realizer is nothing but the commands that a user would type,
each of them a `run`, one after the other by `then`. *Greeting* runs what was installed and keeps
what it says.

The commands are part of the key, so that another flag is another package, and both can be there. No
version is: whoever wants the compiler to count puts it into the config, or builds it as a package.
What the commands print lies beside the result, as its log.

Sources are read-only, as all results are, so they are configured from a folder of their own, which
every program with the usual configure script allows. What is built cannot know where it will lie,
for the name of that folder comes from its content. So it is installed for ``/usr``, below another
root (``DESTDIR``): whoever needs more puts a root together, or starts it in a container. For the
same reason nothing that is installed may name the folder it was built in; ``-O2`` in place of
``-g -O2`` keeps that out of it. Then to build it again gives the same reference, bit by bit.

By default this is GNU Hello 2.10, from the network. ``--small`` takes three files that lie beside
this program instead. A link, ``result``, leads to what was installed, and keeps it from garbage
collection for as long as it is there. Run it again, and nothing is built.

    python examples/hello.py [--small | --url URL --sha256 SHA256] [--store FOLDER]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn import (
    Artifact,
    Build,
    Built,
    DiskStore,
    DRef,
    Event,
    Manager,
    PylightnixError,
    Realizer,
    Step,
    artifact,
    derive,
    fetchlocal,
    fetchurl,
    instantiate,
    link,
    logged,
    realize,
    run,
    step,
    text,
    then,
)

HELLO: Final = "https://ftp.gnu.org/gnu/hello/hello-2.10.tar.gz"
MIRRORS: Final = ("https://ftpmirror.gnu.org/gnu/hello/hello-2.10.tar.gz",)
HELLO_SHA256: Final = "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b"
SMALL: Final = Path(__file__).parent / "data" / "hello-0.1"


@frozen
class Source:
    """An archive's content: one folder with sources."""

    tree: Path


@frozen
class Package:
    """What a package is built from."""

    source: DRef[Source]


@frozen
class Installed:
    """What a package installs, below a root of its own."""

    root: Path = Path("root")
    bin: Path = Path("root/usr/bin")


@frozen
class Greeting:
    """What is said, and by whom."""

    hello: DRef[Installed]
    words: list[str]


@frozen
class Said:
    """What the program printed."""

    greeting: Artifact[str] = artifact("greeting.txt", text)


CONFIGURE: Final = 'mkdir build && cd build && exec sh "$0" --prefix=/usr CFLAGS=-O2'

build: Final[Realizer[Package, Installed]] = then(
    run(f"sh -c '{CONFIGURE}' {{c.source.tree}}/configure"),
    run("make -C build"),
    run("make -C build install DESTDIR={out.root}"),
    run("rm -r build"),
)


def greet(b: Build[Greeting, Said]) -> None:
    program = b.deref(b.config.hello).bin / "hello"
    language = {**os.environ, "LC_ALL": "C"}
    command = [str(program), *b.config.words]
    said = subprocess.run(command, env=language, stdout=subprocess.PIPE, text=True, check=True)
    b.out.greeting.write(said.stdout)


def package(m: Manager, source: Step[DRef[Source]]) -> tuple[Manager, DRef[Installed]]:
    """Whatever has a configure script and a Makefile."""
    m, sources = source(m)
    return derive(m, Package(sources), Installed(), logged(build))


def greeting(
    m: Manager, source: Step[DRef[Source]], words: list[str]
) -> tuple[Manager, DRef[Said]]:
    m, hello = package(m, source)
    return derive(m, Greeting(hello, words), Said(), greet)


def fetched(m: Manager, url: str, sha256: str) -> tuple[Manager, DRef[Source]]:
    mirrors = MIRRORS if url == HELLO else ()
    outputs = Source(Path(url.rpartition("/")[2].partition(".tar")[0]))
    mode: Final = "unpack,remove"
    return fetchurl(m, url, sha256, name="source", mode=mode, mirrors=mirrors, outputs=outputs)


def archived(folder: Path) -> bytes:
    """A folder as ``.tar.gz``, the same whoever packs it, and when."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in (folder, *sorted(folder.iterdir())):
            member = tarfile.TarInfo(str(path.relative_to(folder.parent)))
            content = b"" if path.is_dir() else path.read_bytes()
            member.type = tarfile.DIRTYPE if path.is_dir() else tarfile.REGTYPE
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def small(m: Manager, archive: Path) -> tuple[Manager, DRef[Source]]:
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    outputs = Source(Path(SMALL.name))
    return fetchlocal(m, archive, sha256, name="source", mode="unpack,remove", outputs=outputs)


class Wishes(argparse.Namespace):
    """What the command line asks for."""

    small: bool = False
    url: str = HELLO
    sha256: str = HELLO_SHA256
    store: str = "_pylightnix"
    result: str = "result"
    words: list[str]


def main() -> None:
    wishes = arguments()
    with tempfile.TemporaryDirectory(prefix="hello-") as folder:
        archive = Path(folder, f"{SMALL.name}.tar.gz")
        archive.write_bytes(archived(SMALL))
        given = step(small, archive) if wishes.small else step(fetched, wishes.url, wishes.sha256)
        show(given, wishes)


def arguments() -> Wishes:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true", help="three files that lie here instead")
    parser.add_argument("--url", default=HELLO, help="another archive of a program named hello")
    parser.add_argument("--sha256", default=HELLO_SHA256, help="the checksum of that archive")
    parser.add_argument("--store", default="_pylightnix", help="where results lie (_pylightnix)")
    parser.add_argument("--result", default="result", help="the link to what was installed")
    parser.add_argument("words", nargs="*", help="what the program is called with, behind --")
    wishes = parser.parse_args(namespace=Wishes())
    if (wishes.url == HELLO) != (wishes.sha256 == HELLO_SHA256):
        parser.error("--url and --sha256 belong together")
    return wishes


def show(source: Step[DRef[Source]], wishes: Wishes) -> None:
    built: list[Built] = []

    def observe(event: Event) -> None:
        if isinstance(event, Built):
            built.append(event)
            print(f"{event.dref.name:<9} {event.seconds:6.1f} s  {event.rref}", flush=True)

    store = DiskStore.open(wishes.store)
    try:
        hello = realize(instantiate(package, source), store, observe=observe)
        said = realize(instantiate(greeting, source, wishes.words), store, observe=observe)
        result = link(store, hello.rref, wishes.result)
    except PylightnixError as error:
        sys.exit(str(error))
    print(f"installed {result} -> {hello.path}")
    print(said.out.greeting.read(), end="")
    names = ", ".join(each.dref.name for each in built)
    print(f"Built: {names}." if built else "Nothing was built: all of it was in the store.")


if __name__ == "__main__":
    main()
