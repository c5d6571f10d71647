"""Text features of long lists, kept on disk: the same to the last bit, never half a file, never more than bounded."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

import engine
from engine.models import kept_texts
from engine.models.model import Backbone

NAMES = tuple(f"thing number {place}" for place in range(200))
LONG = engine.Classes(NAMES)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The folder that features are kept in."""
    monkeypatch.setenv(kept_texts.VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def fresh(backbone: Backbone) -> Backbone:
    """The same model as another process would load it, which remembers no label set."""
    return Backbone(backbone.model, backbone.tokenizer, "again", backbone.preprocessing)


def computed(backbone, monkeypatch, classes=LONG):
    with monkeypatch.context() as patch:
        patch.setenv(kept_texts.VARIABLE, "")
        return fresh(backbone).encode_text(classes)


def refuse(backbone, monkeypatch):
    """Let the model read no sentence any more."""
    monkeypatch.setattr(backbone, "_encode_classes", lambda classes: pytest.fail("worked out again"))
    return backbone


def test_what_was_kept_is_what_is_computed_to_the_last_bit(small, home, monkeypatch):
    expected = computed(small, monkeypatch)
    assert torch.equal(fresh(small).encode_text(LONG), expected)
    (file,) = home.iterdir()
    assert b"thing" not in file.read_bytes() and "thing" not in file.name
    found = refuse(fresh(small), monkeypatch).encode_text(LONG)
    assert torch.equal(found, expected) and found.dtype == expected.dtype


def test_an_ensemble_counts_by_its_sentences(small, home, monkeypatch):
    several = engine.Classes(NAMES[:40], tuple(f"{number} of {{}}." for number in range(5)))
    expected = fresh(small).encode_text(several)
    assert len(list(home.iterdir())) == 1
    assert torch.equal(refuse(fresh(small), monkeypatch).encode_text(several), expected)


def test_short_lists_are_not_kept(small, home):
    fresh(small).encode_text(engine.Classes(NAMES[:199]))
    assert not home.exists()


def test_nothing_is_kept_where_the_variable_is_empty(small, tmp_path, monkeypatch):
    monkeypatch.setenv(kept_texts.VARIABLE, "")
    monkeypatch.setenv("HOME", str(tmp_path))
    fresh(small).encode_text(LONG)
    assert kept_texts.folder() is None and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [None, "somewhere"])
def test_none_are_kept_while_times_are_taken_and_all_is_as_before_afterwards(small, home, monkeypatch, said):
    fresh(small).encode_text(LONG)
    (file,) = home.iterdir()
    file.write_bytes(b"untouched")
    with kept_texts.none_kept():
        fresh(small).encode_text(LONG)
    assert file.read_bytes() == b"untouched"
    if said is None:
        monkeypatch.delenv(kept_texts.VARIABLE)
    else:
        monkeypatch.setenv(kept_texts.VARIABLE, said)
    with pytest.raises(KeyError), kept_texts.none_kept():
        assert kept_texts.folder() is None
        raise KeyError
    assert os.environ.get(kept_texts.VARIABLE) == said


def test_a_gpu_reads_sooner_than_a_fingerprint_is_taken(small, home, monkeypatch):
    backbone = fresh(small)
    monkeypatch.setattr(backbone, "device", torch.device("meta"))
    monkeypatch.setattr(backbone, "_encode_classes", lambda classes: torch.zeros(1))
    backbone.encode_text(LONG)
    assert not home.exists() and "fingerprint" not in vars(backbone)


def test_other_names_another_prompt_and_another_model_have_their_own(small, tiny, home):
    for backbone in (small, tiny):
        for names in (NAMES, NAMES[::-1]):
            for prompt in ("a photo of a {}.", "a sketch of a {}."):
                fresh(backbone).encode_text(engine.Classes(names, (prompt,)))
    assert len(list(home.iterdir())) == 8


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "foreign", "another shape"])
def test_a_damaged_file_is_passed_over_and_written_anew(small, home, monkeypatch, damage):
    expected = fresh(small).encode_text(LONG)
    (file,) = home.iterdir()
    whole = file.read_bytes()
    flipped = whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
    other = kept_texts.save({"features": torch.zeros(2, 2)}, {"sha256": "0"})
    damaged = {"cut": whole[:-40], "empty": b"", "flipped": flipped, "foreign": b"no", "another shape": other}
    file.write_bytes(damaged[damage])
    assert torch.equal(fresh(small).encode_text(LONG), expected)
    assert file.read_bytes() == whole and list(home.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_is_done_without(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(kept_texts.VARIABLE, str(tmp_path / "file" / "kept"))
    assert torch.equal(fresh(small).encode_text(LONG), computed(small, monkeypatch))


def test_a_full_disk_leaves_no_half_file(small, home, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_texts.os, "replace", full)
    assert torch.equal(fresh(small).encode_text(LONG), computed(small, monkeypatch))
    assert list(home.iterdir()) == []


def test_what_was_not_used_for_longest_makes_room(home, monkeypatch):
    size = len(kept_texts.save({"features": torch.zeros(100)}, {"sha256": "0" * 64}))
    monkeypatch.setattr(kept_texts, "MOST_BYTES", 3 * size)
    for place, key in enumerate("abc"):
        kept_texts.kept(key, lambda: torch.zeros(100))
        os.utime(home / f"{key}.safetensors", (place, place))
    kept_texts.kept("a", lambda: pytest.fail("was kept"))
    kept_texts.kept("d", lambda: torch.zeros(100))
    assert sorted(file.stem for file in home.iterdir()) == ["a", "c", "d"]


def test_several_at_once_find_one_whole_file(home):
    drawn = torch.randn(500, 64, generator=torch.Generator().manual_seed(0))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept_texts.kept("same", drawn.clone), range(40)))
    assert all(torch.equal(one, drawn) for one in found) and len(list(home.iterdir())) == 1


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/cache"}, "/cache"),
        ("linux", {"HOME": "/home/me"}, "/home/me/.cache"),
        ("darwin", {"HOME": "/Users/me"}, "/Users/me/Library/Caches"),
        ("win32", {"LOCALAPPDATA": "/me/Local"}, "/me/Local"),
    ],
)
def test_the_folder_is_where_the_platform_has_it(monkeypatch, platform, variables, expected):
    for name in (kept_texts.VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert kept_texts.folder() == Path(expected) / "a-tpt-explorer" / "text-features"
