"""Outputs records: what they promise, what they refuse, and how they are bound to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from pylightnix_fn.canonical import parsed
from pylightnix_fn.codec import number, text
from pylightnix_fn.errors.build import DecodeFailed, EncodeFailed, UnboundArtifact
from pylightnix_fn.errors.plan import MalformedOutputs
from pylightnix_fn.outputs import (
    Artifact,
    Codec,
    Promise,
    artifact,
    bind,
    is_reserved,
    outputs_text,
    promises,
    reason,
    why_no_output,
)
from pylightnix_fn.tree import Folder

HERE: Final = Path("/results/x")


@frozen
class Model:
    weights: Path = Path("net/model.h5")
    accuracy: Artifact[float] = artifact("accuracy.txt", number)


@frozen
class One:
    output: object


@frozen
class Two:
    first: Path
    second: Path | Artifact[float]


def relative(_: object, __: object, path: Path) -> None:
    if path.is_absolute():
        raise ValueError("a relative path is wanted")


@frozen
class Judged:
    path: Path = field(default=Path("a"), validator=relative)


@frozen
class Written:
    """Files as a value, which is all that an artifact wants of a disk."""

    files: dict[Path, bytes]

    def read(self, path: Path) -> bytes:
        return self.files[path]

    def write(self, path: Path, data: bytes) -> None:
        self.files[path] = data


class Failure(Exception):
    """An error of a user's codec."""


def failing(_: object) -> bytes:
    raise Failure("no such\nvalue")


# Promises.


def test_promises_are_the_paths_of_all_outputs() -> None:
    expected = (
        Promise("Model.weights", "net/model.h5"),
        Promise("Model.accuracy", "accuracy.txt", is_file=True),
    )
    assert expected == promises(Model())


def test_folder_promises_nothing() -> None:
    assert () == promises(Folder())


def test_path_is_promised_in_its_shortest_form() -> None:
    assert (Promise("One.output", "a/b"),) == promises(One(Path("./a//b/.")))


BAD_PATHS: Final = [
    ("", "it is empty"),
    (".", "it is empty"),
    ("/", "it leads out of the realization"),
    ("/a", "it leads out of the realization"),
    ("//a", "it leads out of the realization"),
    ("..", "it leads out of the realization"),
    ("../a", "it leads out of the realization"),
    ("a/../../b", "it leads out of the realization"),
    ("a/..", "it leads out of the realization"),
    ("context.json", "the store keeps this name for itself"),
    ("__build__.json", "the store keeps this name for itself"),
    ("__x__/a", "the store keeps this name for itself"),
    ("a\0", "its name holds a control character"),
    ("a\n", "its name holds a control character"),
    ("a/\x1b[31m/b", "its name holds a control character"),
    ("a\x7f", "its name holds a control character"),
    ("a\udcff", "its name is not UTF-8"),
    ("a/" + "b" * 256, "its name is longer than 255 bytes"),
    ("\u00e9" * 128, "its name is longer than 255 bytes"),
]


@pytest.mark.parametrize(
    ("path", "why"), BAD_PATHS, ids=[ascii(path)[:12] for path, _ in BAD_PATHS]
)
def test_path_that_cannot_lie_in_a_realization_is_refused(path: str, why: str) -> None:
    assert why == why_no_output(path)
    for output in (Path(path), artifact(path, number)):
        with pytest.raises(MalformedOutputs) as caught:
            promises(One(output))
        assert ("One", "output", why) == (caught.value.record, caught.value.field, caught.value.why)


@pytest.mark.parametrize(
    "path",
    [
        "a", "a/b", "...", "a/context.json", "a/__x__", "_a_", "__init__.py"[2:], "\u00e9", "a b",
        "b" * 255, "-", "~", "$HOME", "a\\b",
    ],
)  # fmt: skip
def test_path_that_can_lie_in_a_realization_is_let_in(path: str) -> None:
    assert "" == why_no_output(path)


@given(st.text(st.sampled_from("a./_"), max_size=8))
def test_path_that_is_let_in_stays_inside(path: str) -> None:
    if why_no_output(path):
        return
    parts = Path(path).parts
    assert parts
    assert not {"..", "/", "//"}.intersection(parts)


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        ("context.json", True),
        ("__manifest__.json", True),
        ("____", True),
        ("__a__b", True),
        ("__a", False),
        ("___", False),
        ("a__b__", False),
        ("Context.json", False),
    ],
)
def test_name_is_reserved(name: str, reserved: bool) -> None:
    assert reserved is is_reserved(name)


@pytest.mark.parametrize("output", [1, "a.txt", None, number, Folder(), Model()])
def test_output_that_is_no_path_is_refused(output: object) -> None:
    with pytest.raises(MalformedOutputs) as caught:
        promises(One(output))
    assert "it is neither a Path nor an artifact" == caught.value.why


@pytest.mark.parametrize("second", [Path("a"), Path("./a"), artifact("a", number)])
def test_two_outputs_with_one_path_are_refused(second: Path | Artifact[float]) -> None:
    with pytest.raises(MalformedOutputs) as caught:
        promises(Two(Path("a"), second))
    assert ("second", "'first' has the same path") == (caught.value.field, caught.value.why)


def test_refused_artifact_is_shown_by_its_path() -> None:
    with pytest.raises(MalformedOutputs) as caught:
        promises(One(artifact("../x", number)))
    assert "'../x'" == caught.value.found


@pytest.mark.parametrize(
    ("outputs", "record", "why"),
    [
        ({"a": Path("a")}, "dict", "it is no attrs class"),
        (None, "NoneType", "it is no attrs class"),
        (Path("a"), "PosixPath", "it is no attrs class"),
        (Model, "Model", "it is the class, not an instance of it"),
    ],
)
def test_outputs_that_are_no_record_are_refused(outputs: object, record: str, why: str) -> None:
    with pytest.raises(MalformedOutputs) as caught:
        promises(outputs)
    assert (record, "", why) == (caught.value.record, caught.value.field, caught.value.why)


# The key.


def test_record_stands_in_the_key_with_paths_and_codecs() -> None:
    expected = {
        "weights": "net/model.h5",
        "accuracy": {"path": "accuracy.txt", "codec": "number"},
    }
    assert expected == parsed(outputs_text(Model()))


@pytest.mark.parametrize(
    "changed",
    [
        Model(weights=Path("other.h5")),
        Model(accuracy=artifact("other.txt", number)),
        Model(accuracy=artifact("accuracy.txt", Codec("other", number.encode, number.decode))),
    ],
)
def test_key_depends_on_every_output(changed: Model) -> None:
    assert outputs_text(Model()) != outputs_text(changed)


# Binding.


def test_bound_record_lies_in_its_folder() -> None:
    bound = bind(Model(), HERE, Written({}))
    expected = (HERE / "net/model.h5", HERE / "accuracy.txt")
    assert expected == (bound.weights, bound.accuracy.path)


def test_binding_leaves_the_record_as_it_was() -> None:
    model = Model()
    bind(model, HERE, Written({}))
    assert Model() == model


def test_binding_does_not_ask_the_validators_of_a_record() -> None:
    assert HERE / "a" == bind(Judged(), HERE, Written({})).path


def test_bound_folder_is_the_folder() -> None:
    assert Folder(HERE) == bind(Folder(), HERE, Written({}))


@pytest.mark.parametrize("outputs", [None, 3])
def test_outputs_without_fields_are_bound_as_they_are(outputs: object) -> None:
    assert outputs == bind(outputs, HERE, Written({}))


# Artifacts.


def test_artifact_reads_what_it_wrote() -> None:
    accuracy = bind(Model(), HERE, Written({})).accuracy
    accuracy.write(0.5)
    assert 0.5 == accuracy.read()


def test_artifact_is_written_to_its_path() -> None:
    disk = Written({})
    bind(Model(), HERE, disk).accuracy.write(0.5)
    assert {HERE / "accuracy.txt": b"0.5"} == disk.files


def test_artifact_of_no_realization_can_neither_be_read_nor_written() -> None:
    with pytest.raises(UnboundArtifact, match=r"accuracy\.txt"):
        Model().accuracy.read()
    with pytest.raises(UnboundArtifact, match=r"accuracy\.txt"):
        Model().accuracy.write(0.5)


def test_content_that_is_not_of_the_codec_is_refused() -> None:
    bound = artifact("a.txt", number).bound(HERE, Written({HERE / "a.txt": b"high"}))
    with pytest.raises(DecodeFailed) as caught:
        bound.read()
    assert ("/results/x/a.txt", "number") == (caught.value.file, caught.value.codec)
    assert "ValueError: could not convert string to float: b'high'" == caught.value.why


def test_value_that_the_codec_cannot_hold_is_refused_and_not_written() -> None:
    disk = Written({})
    codec = Codec("failing", failing, bytes.decode)
    with pytest.raises(EncodeFailed) as caught:
        Artifact(HERE / "a", codec, disk).write("b")
    error = caught.value
    assert ("/results/x/a", "failing", "str") == (error.file, error.codec, error.value)
    assert isinstance(error.__cause__, Failure)
    assert {} == disk.files


def test_error_of_reading_a_file_is_not_one_of_decoding() -> None:
    with pytest.raises(KeyError):
        artifact("a", text).bound(HERE, Written({})).read()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        (Failure("one\ntwo"), "Failure: one two"),
    ],
)
def test_reason_is_one_line(error: Exception, line: str) -> None:
    assert line == reason(error)
