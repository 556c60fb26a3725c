"""Events on their way from worker processes to the one that drives them.

The driver listens; each worker connects for as long as it settles one derivation. Who cannot reach
the driver works on and tells nobody. Both sides prove that they know a secret which travels with
the task, so no stranger can send anything.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import Factory, evolve, field, frozen

from pylightnix_fn.events import Event, Planned
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.refs import DRef
from pylightnix_fn.tree import Folder

if TYPE_CHECKING:
    _Wire: TypeAlias = Connection[Event | None, Event | None]

Place: TypeAlias = str | tuple[str, int]

PATIENCE: Final = 5.0  # seconds that one side waits for an answer of the other
LONGEST: Final = 100  # bytes of a socket's path; systems take a few more

_UNREACHABLE: Final = (OSError, EOFError, AuthenticationError)
_out_of_reach: Final[set[Place]] = set()  # so that not each task of a worker waits in vain


@frozen
class Address:
    """Where a driver listens, and the secret."""

    place: Place
    secret: bytes = field(repr=False)


@frozen
class _Hearing:
    """Who hears what workers tell, until it is over, and what went wrong in hearing it."""

    observe: Observer
    secret: bytes = field(repr=False)
    over: Flag = Factory(Flag)
    errors: list[Exception] = Factory(list)

    def pass_on(self, wire: _Wire) -> None:
        """Hear one worker to its end."""
        with wire, suppress(*_UNREACHABLE):
            deliver_challenge(wire, self.secret)
            answer_challenge(wire, self.secret)
            while (event := wire.recv()) is not None:
                self.hear(event)
            wire.send(None)  # all was heard

    def hear(self, event: Event) -> None:
        """Tell the observer, unless it is over or it has failed before."""
        if self.errors or self.over.is_set():
            return
        try:
            self.observe(event)
        except Exception as error:
            self.errors.append(error)


@contextmanager
def listening(observe: Observer, host: str | None = None) -> Iterator[Address]:
    """Pass on what workers tell; ``host`` names this machine, where workers are on others.

    An error of the observer is raised at the end, when there is no other.
    """
    with tempfile.TemporaryDirectory(prefix="pylightnix-") as folder:
        hearing = _Hearing(observe, os.urandom(32))
        with Listener(_place(Path(folder), host), backlog=64) as listener:
            thread = Thread(target=_accept, args=(listener, hearing), daemon=True)
            thread.start()
            try:
                yield Address(listener.address, hearing.secret)
            finally:
                hearing.over.set()
                with suppress(*_UNREACHABLE):
                    Client(listener.address).close()  # wakes who accepts
                thread.join(timeout=PATIENCE)
    if hearing.errors:
        raise hearing.errors[0]


def _place(folder: Path, host: str | None) -> Place:
    path = str(folder / "events")
    if host is None and len(path.encode()) <= LONGEST:
        return path
    return (host or "127.0.0.1", 0)


def _accept(listener: Listener, hearing: _Hearing) -> None:
    while not hearing.over.is_set():
        with suppress(*_UNREACHABLE):
            wire: _Wire = listener.accept()  # a stranger who says nothing keeps nobody waiting
            Thread(target=hearing.pass_on, args=(wire,), daemon=True).start()


@contextmanager
def telling(address: Address) -> Iterator[Observer]:
    """An observer in a worker, who tells the driver; all was heard when the block is left."""
    wire = _connected(address)
    if wire is None:
        yield unobserved
        return

    def tell(event: Event) -> None:
        with suppress(*_UNREACHABLE):
            wire.send(_bare(event))

    with wire:
        yield tell
        with suppress(*_UNREACHABLE):
            wire.send(None)
            wire.poll(PATIENCE)


def _connected(address: Address) -> _Wire | None:
    if address.place in _out_of_reach:
        return None
    try:
        wire = _wire(address.place)
        try:
            if not wire.poll(PATIENCE):
                raise TimeoutError(f"nobody answers at {address.place}")
            answer_challenge(wire, address.secret)
            deliver_challenge(wire, address.secret)
        except BaseException:
            wire.close()
            raise
    except _UNREACHABLE:
        _out_of_reach.add(address.place)
        return None
    return wire


def _wire(place: Place) -> _Wire:
    if isinstance(place, str):
        return Client(place)
    # Not by `Client`, which waits as long as the system does: minutes.
    with socket.create_connection(place, PATIENCE) as connection:
        connection.settimeout(None)
        return Connection(connection.detach())


def _bare(event: Event) -> Event:
    """An event whose reference has no outputs record: its class may be unknown to a pickle."""
    if isinstance(event, Planned):
        return event
    return evolve(event, dref=DRef(event.dref.text, Folder()))
