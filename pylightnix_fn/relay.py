"""Events on their way from worker processes to the one that drives them.

The driver listens; each worker connects for as long as it settles one derivation. Who cannot reach
the driver works on and tells nobody. Both sides prove that they know a secret which travels with
the task, so no stranger can send anything.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from pylightnix_fn.events import Event, Observer, unobserved

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    _Wire: TypeAlias = Connection[Event | None, Event | None]

Place: TypeAlias = str | tuple[str, int]

PATIENCE: Final = 5.0  # seconds that a worker waits until all that it told has been heard

_UNREACHABLE: Final = (OSError, EOFError, AuthenticationError)


@frozen
class Address:
    """Where a driver listens, and the secret."""

    place: Place
    secret: bytes


@contextmanager
def listening(observe: Observer, host: str | None = None) -> Iterator[Address]:
    """Pass on what workers tell; ``host`` names this machine, where workers are on others."""
    with tempfile.TemporaryDirectory(prefix="pylightnix-") as folder:
        place: Place = str(Path(folder) / "events") if host is None else (host, 0)
        secret, stopping = secrets.token_bytes(32), Flag()
        with Listener(place, authkey=secret, backlog=64) as listener:
            address = Address(listener.address, secret)
            thread = Thread(target=_accept, args=(listener, observe, stopping), daemon=True)
            thread.start()
            try:
                yield address
            finally:
                stopping.set()
                with suppress(*_UNREACHABLE):
                    Client(address.place, authkey=secret).close()  # wakes who accepts
                thread.join(timeout=PATIENCE)


def _accept(listener: Listener, observe: Observer, stopping: Flag) -> None:
    while not stopping.is_set():
        with suppress(*_UNREACHABLE):
            wire: _Wire = listener.accept()
            Thread(target=_pass_on, args=(wire, observe), daemon=True).start()


def _pass_on(wire: _Wire, observe: Observer) -> None:
    with wire, suppress(*_UNREACHABLE):
        while (event := wire.recv()) is not None:
            observe(event)
        wire.send(None)  # all was heard


@contextmanager
def telling(address: Address) -> Iterator[Observer]:
    """An observer in a worker, who tells the driver; all was heard when the block is left."""
    try:
        wire: _Wire = Client(address.place, authkey=address.secret)
    except _UNREACHABLE:
        yield unobserved
        return

    def tell(event: Event) -> None:
        with suppress(*_UNREACHABLE):
            wire.send(event)

    with wire:
        yield tell
        with suppress(*_UNREACHABLE):
            wire.send(None)
            wire.poll(PATIENCE)
