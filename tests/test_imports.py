"""What a command loads: no help and no refusal waits for torch, and no answer for what does not make it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.assets import ASSETS
from engine.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ASSETS / "samples" / "beetle-4.png")
COMPUTES = {"torch", "torchvision", "timm", "open_clip", "huggingface_hub"}  # open_clip imports the others by itself
COMPILER, EXECUTORS = "torch._dynamo", "engine.evaluation.executors.ray"  # also looked for, though within packages
ASIDE = {"torchattacks", "matplotlib", "cv2", "scipy", "ray", "gradio"}  # attacks, drawings, painting, statistics, page
HELP = [["--help"], *([command.__name__.rpartition(".")[2], "--help"] for command in COMMANDS)]
HELP += [["fieldguide", action, "--help"] for action in ("train", "score", "localise", "words", "samples")]
REFUSED = [
    ["predict"],
    ["predict", SAMPLE, "--wrong"],
    ["predict", "nowhere.png"],
    ["predict", SAMPLE, "--mean", "0", "0", "7"],
    ["predict", SAMPLE, "--class", "owl"],
    ["attack", SAMPLE, "--eps", "400"],
    ["maps", SAMPLE, "--layer", "1", "--map", "edges"],
    ["defend", SAMPLE, "--defence", "magic"],
    ["evaluate", "--folder", "pictures", "--attacked", "there"],
    ["evaluate", "--own-prompt"],
    ["bench", "--runs", "0"],
    ["fieldguide", "train", "--cache", "there", "--share", "2"],
    ["fieldguide", "score", "--pictures", "0"],
    ["fieldguide", "localise", "--pictures", "0"],
]
SCRIPT = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from {module} import main

loaded = []
for words in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        try:
            code = main(words)
        except SystemExit as ended:
            code = ended.code
    packages = {{name.partition(".")[0] for name in sys.modules}}
    loaded.append([words, code, sorted(packages | {within} & set(sys.modules))])
print(json.dumps(loaded))
"""
MODULES = ("engine.cli.main", "app.command")  # of `python -m engine` and of `atpt`


def loaded(module: str, lines: list[list[str]], then: str = "") -> list[tuple[list[str], int, set[str]]]:
    """Each line, how it ended, and the packages that are loaded by then, all in one process, which goes on with what is
    to come `then`."""
    script = SCRIPT.format(module=module, within={COMPILER, EXECUTORS}) + then
    command = [sys.executable, "-c", script, json.dumps(lines)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [(line, code, set(found)) for line, code, found in json.loads(done.stdout)]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("lines", "ends"), [(HELP, 0), (REFUSED, 2)], ids=["help", "refused"])
def test_help_and_refusals_come_without_torch(module, lines, ends):
    found = loaded(module, [*lines, *([["app", "--help"]] if module == "app.command" and not ends else [])])
    assert len(found) >= len(lines)
    for line, code, packages in found:
        assert (line, code, packages & (COMPUTES | ASIDE)) == (line, ends, set())


AS_BEFORE = """
import engine, torch, torchvision, timm
taken = sys.modules["torchvision.ops.roi_align"].is_compile_supported
assert "torch._dynamo" not in sys.modules and "torch._dynamo.utils" not in sys.modules
assert torch.compiler.disable.__module__ == "torch.compiler"
boxes = torch.tensor([[0.0, 0.0, 0.0, 4.0, 4.0]])
assert torchvision.ops.roi_align(torch.ones(1, 1, 8, 8), boxes, 2).tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]
seen = []
marked = timm.layers.disable_compiler(lambda x: seen.append(torch.compiler.is_compiling()) or x + 1)
assert marked(torch.ones(1)).item() == 2 and seen == [False]
from torch._dynamo.utils import is_compile_supported
assert taken("cpu") == is_compile_supported("cpu") and taken("cpu") in (True, False)
assert sys.modules["torch._dynamo.utils"].__file__
compiled = torch.compile(lambda x: marked(x) * 2, backend="eager")
assert compiled(torch.ones(1)).item() == 4 and seen[1:] == [False]
"""


@pytest.mark.slow
def test_predict_loads_nothing_but_what_makes_its_answer_and_the_compiler_does_as_ever():
    """The compiler comes when something asks for it, which is tried in the same process after all."""
    defend = ["defend", SAMPLE, "--steps", "1", "--views", "4", "--defence", "a-tpt", "--json"]
    evaluate = ["evaluate", "--defence", "clip", "--workers", "0"]  # is refused by those who would have started them
    lines = [["predict", SAMPLE, "--json"], defend, evaluate]
    (_, code, packages), (_, tuned, later), (_, refused, last) = loaded("engine.cli.main", lines, AS_BEFORE)
    assert code == 0 and {"torch", "open_clip", "timm"} <= packages and not packages & (ASIDE | {COMPILER})
    assert tuned == 0 and not later & {COMPILER, "sympy"}
    assert refused == 2 and EXECUTORS in last and "ray" not in last
