"""Events between processes: heard in order, from those who know the secret, by one who listens."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Client
from pathlib import Path
from threading import Thread

import pytest
from attrs import evolve, frozen
from children import in_child

from pylightnix_fn import Built, DRef, Event, Folder, Planned, RRef, Started, Waiting
from pylightnix_fn.relay import LONGEST, Address, listening, telling

DREF = DRef[object]("dref:" + 32 * "a" + "-thing", Folder())
RREF = RRef[object]("rref:" + 32 * "b" + "-" + 32 * "a" + "-thing", Folder())
EVENTS = (Waiting(DREF, "process 1"), Started(DREF, "to see", 1.5), Built(DREF, RREF, 2.0, 3))


def tell(address: Address, *events: Event) -> None:
    with telling(address) as observe:
        for event in events:
            observe(event)


@pytest.mark.parametrize("host", [None, "127.0.0.1"])
def test_events_of_another_process_are_heard_in_order(host: str | None) -> None:
    heard: list[Event] = []
    with listening(heard.append, host) as address:
        assert 0 == in_child(lambda: tell(address, *EVENTS))
        assert list(EVENTS) == heard


def test_all_was_heard_when_the_teller_is_done() -> None:
    heard: list[Event] = []

    def slowly(event: Event) -> None:
        time.sleep(0.05)
        heard.append(event)

    with listening(slowly) as address:
        tell(address, *EVENTS)
        assert list(EVENTS) == heard


def test_many_tell_at_the_same_time() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:
        threads = [Thread(target=tell, args=(address, *EVENTS)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 20 * len(EVENTS) == len(heard)


def test_outputs_record_stays_where_its_class_is_known() -> None:
    @frozen
    class Local:
        """No pickle finds it."""

    heard: list[Event] = []
    with listening(heard.append) as address:
        tell(address, Started(DRef(DREF.text, Local()), "to see"))
    assert [Started(DREF, "to see")] == heard


def test_what_a_plan_tells_goes_as_it_is() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:
        tell(address, Planned((DREF,)))
    assert [Planned((DREF,))] == heard


def test_who_does_not_know_the_secret_is_not_heard() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:
        tell(evolve(address, secret=b"guess"), *EVENTS)
    assert [] == heard


@pytest.mark.parametrize("host", [None, "127.0.0.1"])
def test_stranger_who_says_nothing_keeps_nobody_waiting(host: str | None) -> None:
    heard: list[Event] = []
    with listening(heard.append, host) as address, Client(address.place):
        tell(address, *EVENTS)
        assert list(EVENTS) == heard


def test_stranger_who_talks_nonsense_keeps_nobody_waiting() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:
        with Client(address.place) as stranger:
            stranger.send_bytes(b"nonsense")
        tell(address, *EVENTS)
    assert list(EVENTS) == heard


def test_teller_that_is_cut_off_keeps_nobody_waiting() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:

        def die() -> None:
            with telling(address) as observe:
                observe(EVENTS[0])
                raise SystemExit(0)

        in_child(die)
        tell(address, EVENTS[1])
    assert [EVENTS[1]] == heard[-1:]


def test_who_reaches_nobody_works_on() -> None:
    with listening(lambda event: None) as address:
        pass
    tell(address, *EVENTS)


def test_who_is_not_answered_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pylightnix_fn.relay.PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        place = ("127.0.0.1", int(mute.getsockname()[1]))
        begin = time.monotonic()
        tell(Address(place, b"secret"), *EVENTS)
        tell(Address(place, b"secret"), *EVENTS)
    assert time.monotonic() - begin < 2


def test_nothing_is_heard_any_more_when_it_is_over() -> None:
    heard: list[Event] = []
    with listening(heard.append) as address:
        late = telling(address)
        observe = late.__enter__()
        observe(EVENTS[0])
    observe(EVENTS[1])
    late.__exit__(None, None, None)
    assert EVENTS[1] not in heard


def test_error_of_the_observer_is_raised_at_the_end() -> None:
    def fail(event: Event) -> None:
        raise ArithmeticError("not heard")

    with pytest.raises(ArithmeticError, match="not heard"), listening(fail) as address:
        tell(address, *EVENTS)


def test_error_of_the_block_comes_before_that_of_the_observer() -> None:
    def fail(event: Event) -> None:
        raise ArithmeticError("not heard")

    def work() -> None:
        with listening(fail) as address:
            tell(address, *EVENTS)
            raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        work()


def test_long_name_of_the_temporary_folder_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / (LONGEST * "d")
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    heard: list[Event] = []
    with listening(heard.append) as address:
        tell(address, *EVENTS)
    assert list(EVENTS) == heard


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with listening(lambda event: None) as address:
        tell(address, *EVENTS)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("act", [repr, str])
def test_secret_is_not_shown(act: Callable[[object], str]) -> None:
    with listening(lambda event: None) as address:
        assert repr(address.secret) not in act(address)
