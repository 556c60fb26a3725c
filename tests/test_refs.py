"""Names and references: what is let in, and how references compare."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from pylightnix_fn.errors.plan import MalformedName, MalformedReference
from pylightnix_fn.refs import (
    DRef,
    Many,
    RRef,
    checked_name,
    dref,
    dref_from,
    is_dref,
    is_rref,
    rref,
    rref_from,
    rrefs,
)
from pylightnix_fn.tree import Folder

HEX: Final = "731c5ac602752760c8e48fbffcf8c3b8"
OTHER: Final = "0123456789abcdef0123456789abcdef"
DREF: Final = f"dref:{HEX}-mnist"
RREF: Final = f"rref:{OTHER}-{HEX}-mnist"

ARABIC: Final = "\u0661" * 32  # digits, but not hexadecimal ones

NAMES: Final = st.from_regex(r"[A-Za-z0-9_-]{1,222}", fullmatch=True)
DIGESTS: Final = st.text("0123456789abcdef", min_size=64, max_size=64)

GOOD_NAMES: Final = ["a", "-", "_", "0", "mnist-12k", "A_b-9", "a" * 222]
BAD_NAMES: Final = {
    "empty": "",
    "223 long": "a" * 223,
    "slash": "a/b",
    "dots": "..",
    "dot": "a.b",
    "newline": "a\n",
    "newline before": "\na",
    "space": "a b",
    "not ASCII": "é",
    "unicode digit": "a\u0661",
    "full width": "\uff41",
    "zero byte": "a\0",
    "escape": "a\x1b[31m",
    "surrogate": "a\ud800",
}
BAD_DREFS: Final = {
    "empty": "",
    "prefix only": "dref:",
    "no prefix": f"{HEX}-mnist",
    "other prefix": f"rref:{HEX}-mnist",
    "upper-case prefix": f"DREF:{HEX}-mnist",
    "path": "dref:../../x",
    "path in name": f"dref:{HEX}-../x",
    "no name": f"dref:{HEX}-",
    "no dash": f"dref:{HEX}mnist",
    "trailing newline": f"dref:{HEX}-mnist\n",
    "leading space": f" dref:{HEX}-mnist",
    "trailing space": f"dref:{HEX}-mnist ",
    "upper-case hex": f"dref:{HEX.upper()}-mnist",
    "no hex": f"dref:{'g' * 32}-mnist",
    "unicode digits": f"dref:{ARABIC}-mnist",
    "31 digits": f"dref:{HEX[:-1]}-mnist",
    "33 digits": f"dref:{HEX}0-mnist",
    "unicode name": f"dref:{HEX}-\u00e9",
    "223 long": f"dref:{HEX}-{'a' * 223}",
    "two": f"dref:{HEX}-a dref:{HEX}-b",
}
BAD_RREFS: Final = {
    "a dref": DREF,
    "one hash": f"rref:{HEX}-mnist",
    "path": "rref:../../x",
    "trailing newline": f"{RREF}\n",
    "upper-case hex": f"rref:{OTHER.upper()}-{HEX}-mnist",
    "unicode digits": f"rref:{ARABIC}-{HEX}-mnist",
    "no name": f"rref:{OTHER}-{HEX}-",
    "31 digits": f"rref:{OTHER[:-1]}-{HEX}-mnist",
}


@frozen
class Mnist:
    npz: Path = Path("mnist.npz")


# Names.


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_name_is_let_in(name: str) -> None:
    assert name == checked_name(name)


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_name_is_refused(name: str) -> None:
    with pytest.raises(MalformedName) as caught:
        checked_name(name)
    assert name == caught.value.name


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_reference_with_such_a_name_cannot_be_made(name: str) -> None:
    with pytest.raises(MalformedName):
        dref(HEX, name, None)


@given(st.text(max_size=4))
def test_name_that_is_let_in_is_one_component_of_a_path(name: str) -> None:
    try:
        checked_name(name)
    except MalformedName:
        return
    assert (name,) == Path(name).parts
    assert len(f"{HEX}-{name}".encode()) <= 255


def test_longest_name_makes_the_longest_folder() -> None:
    assert 255 == len(dref(HEX, "a" * 222, None).text.removeprefix("dref:"))


# Texts.


@pytest.mark.parametrize("text", BAD_DREFS.values(), ids=BAD_DREFS.keys())
def test_text_that_is_no_dref_is_refused(text: str) -> None:
    assert not is_dref(text)
    with pytest.raises(MalformedReference) as caught:
        dref_from(text)
    assert (text, "dref:<32 hex>-<name>") == (caught.value.text, caught.value.expected)


@pytest.mark.parametrize(
    "text", [*BAD_DREFS.values(), *BAD_RREFS.values()], ids=[*BAD_DREFS, *BAD_RREFS]
)
def test_text_that_is_no_rref_is_refused(text: str) -> None:
    assert not is_rref(text)
    with pytest.raises(MalformedReference) as caught:
        rref_from(text)
    assert (text, "rref:<32 hex>-<32 hex>-<name>") == (caught.value.text, caught.value.expected)


@pytest.mark.parametrize("make", [lambda t: DRef(t, 0), lambda t: RRef(t, 0)])
@pytest.mark.parametrize("text", ["dref:../../x", "rref:../../x", f"{DREF}\n", f"{RREF}\n"])
def test_no_reference_exists_that_is_malformed(make: Callable[[str], object], text: str) -> None:
    with pytest.raises(MalformedReference):
        make(text)


def test_rref_is_no_dref() -> None:
    assert is_rref(RREF)
    assert not is_dref(RREF)


@given(DIGESTS, NAMES)
def test_dref_gives_back_what_it_was_made_of(digest: str, name: str) -> None:
    made = dref(digest, name, Mnist())
    assert (digest[:32], name, Mnist()) == (made.digest, made.name, made.outputs)


@given(DIGESTS, DIGESTS, NAMES)
def test_rref_gives_back_what_it_was_made_of(digest: str, config: str, name: str) -> None:
    of = dref(config, name, Mnist())
    made = rref(digest, of)
    assert (digest[:32], name, of, Mnist()) == (made.digest, made.name, made.dref, made.outputs)
    assert of.outputs == made.dref.outputs


@given(DIGESTS, NAMES)
def test_reference_comes_back_from_its_text(digest: str, name: str) -> None:
    of = dref(digest, name, Folder())
    assert of == dref_from(str(of))
    assert rref(digest, of) == rref_from(str(rref(digest, of)))


# Comparison.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DRef(DREF, Mnist()), DRef(DREF, Folder())),
        (RRef(RREF, Mnist()), RRef(RREF, Folder())),
        (Many(DRef(DREF, Mnist())), Many(DRef(DREF, Folder()))),
    ],
    ids=["dref", "rref", "many"],
)
def test_references_are_equal_whatever_their_outputs(one: object, other: object) -> None:
    assert one == other
    assert hash(one) == hash(other)


def test_references_with_other_texts_differ() -> None:
    assert DRef(DREF, Mnist()) != DRef(f"dref:{OTHER}-mnist", Mnist())
    assert DRef(DREF, Mnist()) != DRef(f"dref:{HEX}-mnist2", Mnist())


def test_reference_to_many_differs_from_the_reference_to_one() -> None:
    one: object = DRef(DREF, Mnist())
    assert Many(DRef(DREF, Mnist())) != one


@pytest.mark.parametrize(
    "reference",
    [DRef(DREF, Mnist()), RRef(RREF, Mnist()), Many(DRef(DREF, Mnist()))],
    ids=["dref", "rref", "many"],
)
def test_reference_can_be_copied_and_pickled(
    reference: DRef[Mnist] | RRef[Mnist] | Many[Mnist],
) -> None:
    pickled = pickle.loads(pickle.dumps(reference))
    assert reference == pickled
    assert reference == copy.deepcopy(reference) == copy.copy(reference)
    assert hash(reference) == hash(pickled)


@pytest.mark.parametrize(
    ("reference", "text", "shown"),
    [
        (DRef(DREF, Mnist()), DREF, f"<{DREF}>"),
        (RRef(RREF, Mnist()), RREF, f"<{RREF}>"),
        (Many(DRef(DREF, Mnist())), DREF, f"<many {DREF}>"),
    ],
)
def test_reference_prints_as_its_text(reference: object, text: str, shown: str) -> None:
    assert (text, shown) == (str(reference), repr(reference))


# Many references of one derivation.


@given(
    st.lists(st.sampled_from([HEX, OTHER, f"{HEX}\n", HEX.upper(), HEX[:-1], ARABIC, "a/b", ""]))
)
def test_references_to_realizations_are_those_of_digests(names: list[str]) -> None:
    digests = [name for name in names if name in (HEX, OTHER)]
    expected = [rref_from(f"rref:{digest}-{HEX}-mnist") for digest in digests]
    found = rrefs(names, dref_from(DREF), Folder())
    assert expected == found
    assert [str(each) for each in expected] == [str(each) for each in found]
    assert [each.outputs for each in expected] == [each.outputs for each in found]
