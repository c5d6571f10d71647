"""The executor on a Ray cluster: the same bytes, also when a worker is killed; sentences for what goes wrong."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.datasets.base import Question, Source
from engine.datasets.folders import Folder
from engine.errors import EngineError
from engine.evaluation import RayCluster, evaluate, read_kept
from tests.evaluation_cases import CLEAN_PLAN, PLAN, Here, Started

pytestmark = pytest.mark.slow


@dataclass
class Deadly:
    """The same pictures, but whoever opens the third first is killed; `mark` then holds who it was."""

    inner: Source
    mark: Path

    def __len__(self) -> int:
        return len(self.inner)

    def document(self) -> dict:
        return self.inner.document()

    def key(self, index: int) -> str:
        return self.inner.key(index)

    def recognises(self, index: int, record: dict) -> bool:
        return self.inner.recognises(index, record)

    def ask(self, index: int) -> Callable[[], Question]:
        return partial(_die_once, self.inner.ask(index), self.mark) if index == 2 else self.inner.ask(index)


def _die_once(ask: Callable[[], Question], mark: Path) -> Question:
    if not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return ask()


@pytest.fixture(scope="module")
def executor(small_model):
    with RayCluster(small_model, "cpu", count=2).start() as each:
        yield Started(small_model, each)


def test_a_killed_workers_pictures_are_done_again_and_the_records_are_the_same_bytes(executor, small, tree, tmp_path):
    mark = tmp_path / "killed"
    assert len(list(evaluate(Folder(tree), PLAN, Here(small, executor.model), tmp_path / "here"))) == 6
    assert len(list(evaluate(Deadly(Folder(tree), mark), PLAN, executor, tmp_path / "cluster"))) == 6
    assert int(mark.read_text()) != os.getpid()
    here, cluster = ((tmp_path / name / "records.jsonl").read_bytes() for name in ("here", "cluster"))
    assert here == cluster and not list(tmp_path.rglob("*.part"))


def test_a_picture_that_an_actor_cannot_read_ends_it_or_is_left_out_as_anywhere(executor, small, tree, tmp_path):
    (tree / "owl" / "c.png").write_text("no picture")
    for name, each in (("here", Here(small, executor.model)), ("cluster", executor)):
        list(evaluate(Folder(tree), CLEAN_PLAN, each, tmp_path / name, on_skip=lambda _: None))
    for file in ("records.jsonl", "skipped.jsonl"):
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "cluster" / file).read_bytes()
    assert len(read_kept(tmp_path / "cluster")) == 5
    with pytest.raises(EngineError, match=r"^owl/c.png: .* got text\.$"):
        list(evaluate(Folder(tree), CLEAN_PLAN, executor))


def test_no_worker_no_cluster_and_no_ray_get_a_sentence(model, tree, monkeypatch, capsys):
    with pytest.raises(EngineError, match="at least one worker; got 0"):
        RayCluster(model, count=0)
    for address, sentence in (("127.0.0.1:9", "“127.0.0.1:9”; nobody answers"), ("here", "host:port, auto or local")):
        with pytest.raises(EngineError, match=sentence), RayCluster(model, address=address).start():
            pass
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["evaluate", "--folder", str(tree), "--model", model, "--defence", "clip", "--ray", "local"]) == 2
    assert "pip install -r requirements-ray.txt" in capsys.readouterr().err
