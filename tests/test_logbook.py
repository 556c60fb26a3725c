"""Folders of logs by time, with a link to the latest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.logbook import make_log_folder

NOON = datetime(2026, 3, 1, 12, 0, 5)


def test_folder_has_the_tag_and_the_time(tmp_path: Path) -> None:
    made = make_log_folder(tmp_path, "train", at=NOON)
    assert tmp_path / "train-20260301-120005" == made
    assert made.is_dir()


def test_folder_without_a_tag_has_the_time(tmp_path: Path) -> None:
    assert tmp_path / "20260301-120005" == make_log_folder(tmp_path, at=NOON)


def test_link_leads_to_the_latest(tmp_path: Path) -> None:
    make_log_folder(tmp_path, "train", at=NOON)
    second = make_log_folder(tmp_path, "train", at=NOON.replace(hour=13))
    assert second.name == str((tmp_path / "train-latest").readlink())


def test_folders_of_one_second_are_several(tmp_path: Path) -> None:
    made = [make_log_folder(tmp_path, "train", at=NOON) for _ in range(3)]
    assert ["", "-2", "-3"] == [each.name.removeprefix("train-20260301-120005") for each in made]


def test_folders_of_many_threads_are_several(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_log_folder(tmp_path, at=NOON), range(32)))
    assert 32 == len(set(made))
    assert 33 == len(list(tmp_path.iterdir()))


def test_subfolders_are_made(tmp_path: Path) -> None:
    made = make_log_folder(tmp_path, subfolders=["a", "b/c"])
    assert (made / "a").is_dir()
    assert (made / "b/c").is_dir()


def test_root_is_made(tmp_path: Path) -> None:
    assert make_log_folder(tmp_path / "a/b").is_dir()


@pytest.mark.parametrize("tag", ["a/b", "..\0", "a\n"])
def test_tag_that_is_no_part_of_a_name_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(BadParameter, match="tag"):
        make_log_folder(tmp_path, tag)
    assert [] == list(tmp_path.iterdir())
