"""Gradio loads without writing stubs beside the files that define components, and is otherwise as it is."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

import gradio

from app.without_stubs import DEFINES, WRITER, WithoutStubs


def loaded(finder):
    """A module of its own of what defines components."""
    spec = finder.find_spec(DEFINES, gradio.__path__)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_component_has_its_events_and_no_stub():
    class Made(metaclass=loaded(WithoutStubs()).ComponentMeta):
        EVENTS = ["change"]

    assert callable(Made.change) and [event.event_name for event in Made.EVENTS] == ["change"]
    assert not Path(__file__).with_suffix(".pyi").exists()


def test_the_installed_gradio_has_what_is_left_out_and_nothing_else_is_changed():
    ours, theirs = loaded(WithoutStubs()), loaded(PathFinder)
    assert vars(ours).keys() == vars(theirs).keys()
    assert getattr(ours, WRITER).__module__ == WithoutStubs.__module__
    assert getattr(theirs, WRITER).__module__ == DEFINES
    assert WithoutStubs().find_spec("gradio.blocks", gradio.__path__) is None


def test_whoever_loads_the_page_loads_gradio_so():
    assert any(isinstance(finder, WithoutStubs) for finder in sys.meta_path)
    assert getattr(sys.modules[DEFINES], WRITER).__module__ == WithoutStubs.__module__
