"""Where the fixtures are, which process needs them, and which file comes first."""

import os
from tempfile import TemporaryDirectory

import pytest

import app  # noqa: F401  first, as anywhere: Gradio then writes no stubs
import engine  # noqa: F401  likewise: open_clip then comes without torch's compiler

KEPT = TemporaryDirectory(prefix="atpt-texts-")  # of every run its own, never the user's
os.environ["ATPT_CACHE"] = KEPT.name

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported; two workers share the cores


def pytest_configure(config: pytest.Config) -> None:
    """Fixtures where tests run: the process that hands them out to workers would import torch for seconds before it."""
    if config.getoption("dist", "no") == "no":
        config.pluginmanager.import_plugin("tests.fixtures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long file that would come last comes first, so that both workers end together."""
    items.sort(key=lambda item: item.path.name != "test_package.py")
