"""`app.py` as a visitor starts it: a model that is none ends in one sentence, before any page is served."""

import argparse
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import engine
from app import hosting
from app.options import add_options

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "sentence"), [("ViT-B-32/{file}", "not a checkpoint"), ("owl", "not a model name")])
def test_a_model_that_is_none_gets_a_sentence(tmp_path, monkeypatch, capsys, model, sentence):
    file = tmp_path / "weights.pt"
    file.write_text("no weights")
    monkeypatch.setattr(sys, "argv", ["app.py", "--model", model.format(file=file)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    told = capsys.readouterr()
    assert ended.value.code == 2 and sentence in told.err and told.err.count("\n") == 1
    assert "Traceback" not in told.err and "ready" not in told.out


@pytest.mark.slow
@pytest.mark.parametrize(("module", "loaded"), [("app.server", "True"), ("app.command", "False")])
def test_the_lent_accelerator_is_prepared_before_torch_loads(tmp_path, module, loaded):
    """Torch comes with the page, and only with those commands that compute."""
    (tmp_path / "spaces.py").write_text(
        "import os, sys\nprint('torch' in sys.modules, os.environ['GRADIO_SSR_MODE'])\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "HF_"))}
    environment |= {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    command = [sys.executable, "-c", f"import {module}, sys; print('torch' in sys.modules)"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["False", "False", loaded], done.stderr


@pytest.mark.parametrize(
    ("here", "opened"),
    [
        ([], ["fieldguide"]),
        (["hf-hub:timm/small"], ["hf-hub:timm/small"]),
        (["damaged", "hf-hub:timm/small"], ["damaged", "hf-hub:timm/small"]),
        (["damaged"], ["damaged", "fieldguide"]),
    ],
)
def test_the_page_opens_with_the_first_model_for_photographs_that_is_here(monkeypatch, capsys, here, opened):
    from app import server

    asked = []

    def load(name, *_, **__):
        asked.append(name)
        if name == "damaged":
            raise engine.EngineError("“damaged” is not a checkpoint that can be read safely.")
        return name

    monkeypatch.setattr(engine, "load_backbone", load)
    monkeypatch.setattr(engine.models, "recommended_here", lambda: here)
    chosen = options([])
    assert chosen.model == "auto"
    assert server._first_model(chosen, lent=False) == opened[-1] and asked == opened
    assert ("read safely" in capsys.readouterr().err) == ("damaged" in here)


def test_a_variable_or_an_option_names_the_model_of_the_page(monkeypatch):
    monkeypatch.setenv("ATPT_MODEL", "ViT-B-32/openai")
    assert options([]).model == "ViT-B-32/openai" and options(["--model", "fieldguide"]).model == "fieldguide"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--port 70000", "expected a port from 1 to 65535; got “70000”"),
        ("--port -1", "expected a port from 1 to 65535; got “-1”"),
        ("--port http", "expected a port from 1 to 65535; got “http”"),
        ("--visitor-passes many", "expected a number of passes; got “many”"),
    ],
)
def test_an_option_that_is_none_gets_a_sentence(capsys, line, sentence):
    with pytest.raises(SystemExit) as ended:
        options(line.replace(" ", "=").split())
    assert ended.value.code == 2 and sentence in capsys.readouterr().err


def test_variables_are_taken_as_options_are_and_an_empty_one_is_none(monkeypatch, capsys):
    monkeypatch.setattr(hosting, "PORT", "7999")
    monkeypatch.setenv("ATPT_ADDRESS_PASSES", "")
    monkeypatch.setenv("ATPT_VISITOR_PASSES", "300")
    chosen = options([])
    assert (chosen.port, chosen.visitor_passes, chosen.address_passes) == (7999, 300.0, None)
    monkeypatch.setattr(hosting, "PORT", "web")
    monkeypatch.setenv("ATPT_VISITOR_PASSES", "many")
    with pytest.raises(SystemExit):
        options([])
    assert "expected a port from 1 to 65535; $GRADIO_SERVER_PORT is “web”" in capsys.readouterr().err
    monkeypatch.setattr(hosting, "PORT", "")
    with pytest.raises(SystemExit):
        options([])
    assert "expected a number of passes; $ATPT_VISITOR_PASSES is “many”" in capsys.readouterr().err


def test_a_bound_that_is_none_ends_in_a_sentence_before_a_model_is_loaded(capsys):
    from app import server

    assert server.main(["--model", "no such model", "--visitor-passes", "0"]) == 2
    assert "number above 0" in capsys.readouterr().err


def test_an_access_log_that_cannot_be_written_ends_in_a_sentence_at_once(capsys, tmp_path, monkeypatch):
    from app import server

    monkeypatch.setenv("ATPT_ACCESS_LOG", str(tmp_path / "none" / "log"))
    assert server.main(["--model", "no such model"]) == 2
    assert "file for the access log that can be written to; got" in capsys.readouterr().err


def test_an_address_that_cannot_be_listened_on_ends_in_a_sentence(monkeypatch, capsys):
    from app import server

    def launch(server_port, **_):
        raise OSError(f"Cannot find empty port in range: {server_port}-{server_port}.")

    page = SimpleNamespace(queue=lambda **_: None, _queue=SimpleNamespace(), launch=launch)
    monkeypatch.setattr(server, "build_app", lambda *_, **__: page)
    monkeypatch.setattr(server, "_first_model", lambda *_, **__: None)
    assert server.main(["--host", "127.0.0.1", "--port", "7999"]) == 2
    told = capsys.readouterr()
    assert told.err.endswith("cannot listen on 127.0.0.1, port 7999.\n") and "ready" not in told.out


def test_a_page_that_its_own_machine_does_not_reach_ends_in_a_sentence(monkeypatch, capsys):
    from app import server

    def launch(**_):
        raise ValueError("When localhost is not accessible, a shareable link must be created.")

    page = SimpleNamespace(queue=lambda **_: None, _queue=SimpleNamespace(), launch=launch)
    monkeypatch.setattr(server, "build_app", lambda *_, **__: page)
    monkeypatch.setattr(server, "_first_model", lambda *_, **__: None)
    assert server.main([]) == 2 and "NO_PROXY=localhost,127.0.0.1" in capsys.readouterr().err


def options(line):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(line)
