"""A host is asked for what it has and for nothing else: an accelerator that it lends, the allocator of glibc."""

import ctypes
import os
import platform
from pathlib import Path

import pytest

from app import hosting


class Library:
    """Notes what is called; where nothing is known, a call fails as that of a missing function does."""

    def __init__(self, known=()):
        self.known, self.calls = known, []

    def __getattr__(self, name):
        if name not in self.known:
            raise AttributeError(name)
        return lambda *arguments: self.calls.append((name, *arguments))


@pytest.mark.parametrize("found", [("", ""), ("musl", "1.2.5"), ("libc", "")])
def test_another_library_than_glibc_is_asked_for_nothing(monkeypatch, found):
    monkeypatch.setattr(platform, "libc_ver", lambda: found)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    hosting.one_arena()
    hosting.give_back()


def test_glibc_is_asked_for_one_arena_and_for_what_is_free(monkeypatch):
    library = Library(("mallopt", "malloc_trim"))
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    hosting.one_arena()
    hosting.give_back()
    assert library.calls == [("mallopt", hosting.M_ARENA_MAX, hosting.ARENAS), ("malloc_trim", 0)]


def test_files_of_a_process_lie_in_a_folder_of_its_own_for_as_long_as_it_serves(monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    with hosting.own_folder():
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        (folder / "kept").write_text("")
    assert not folder.exists() and "GRADIO_TEMP_DIR" not in os.environ


def test_a_folder_that_the_operator_names_is_left_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with hosting.own_folder():
        (tmp_path / "kept").write_text("")
    assert (tmp_path / "kept").is_file() and os.environ["GRADIO_TEMP_DIR"] == str(tmp_path)


class Spaces:
    """The package as it is called: its decorator notes what it is given."""

    @staticmethod
    def GPU(function, duration):
        return function, duration


@pytest.mark.parametrize(("said", "lends"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_only_a_host_that_says_so_lends_an_accelerator(monkeypatch, said, lends):
    """The package is installed on every Space."""
    monkeypatch.setattr(hosting, "spaces", Spaces)
    monkeypatch.setenv("SPACES_ZERO_GPU", said)
    lend = hosting.lend()
    assert (lend is not None) == lends and (lend is None or lend(len, max) == (len, max))
    monkeypatch.setattr(hosting, "spaces", None)
    assert hosting.lend() is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_this_glibc_knows_both():
    library = ctypes.CDLL(None)
    assert library.mallopt(hosting.M_ARENA_MAX, hosting.ARENAS) == 1  # it says 0 to what it does not know
    assert library.malloc_trim(0) in (0, 1)
