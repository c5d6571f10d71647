"""Names and texts of the registries are complete, and reading them loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.attacks.registry import ATTACKS
from engine.defences.registry import DEFENCES
from engine.errors import EngineError

ROOT = Path(__file__).resolve().parents[2]
READ = """
import importlib, sys, types
engine = types.ModuleType("engine")  # the package without its public list, which is another file's matter
engine.__path__ = [{folder!r}]
sys.modules["engine"] = engine
importlib.import_module({name!r})
print(*sorted({{"numpy", "open_clip", "torch", "torchattacks", "torchvision"}} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", ["engine.attacks.registry", "engine.defences.registry"])
def test_reading_names_and_texts_imports_no_torch(name):
    script = READ.format(folder=str(ROOT / "engine"), name=name)
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


@pytest.mark.parametrize("entries", [ATTACKS, DEFENCES], ids=["attacks", "defences"])
def test_every_entry_has_a_title_a_sentence_and_a_source(entries):
    for entry in entries.values():
        assert entry.title and entry.source and entry.explanation.endswith(".")
    assert len({entry.title for entry in entries.values()}) == len(entries)


def test_a_name_that_does_not_exist_is_refused_with_the_names_there_are():
    with pytest.raises(EngineError, match="Expected the attack to be one of pgd, fgsm, .*; got “magic”"):
        ATTACKS.named("magic")
