"""`atpt`, called in the same process: every command of the engine, the page beside them, and its own name in usage."""

import pytest

from app.command import main
from engine.cli.main import COMMANDS
from engine.cli.main import main as python_m_engine


def shown(call, capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        call([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_command_lists_the_engines_commands_and_the_page(capsys):
    out = shown(main, capsys)
    names = [command.__name__.rpartition(".")[2] for command in COMMANDS]
    assert all(f"    {name}" in out for name in [*names, "app"])
    assert "\n    app" not in shown(python_m_engine, capsys)


@pytest.mark.parametrize(("call", "program"), [(main, "atpt"), (python_m_engine, "python -m engine")])
@pytest.mark.parametrize("command", ["predict", "evaluate", "fieldguide"])
def test_usage_tells_the_name_it_was_called_by(call, program, command, capsys):
    out = shown(call, capsys, command)
    other = {"atpt": "python -m engine", "python -m engine": "atpt "}[program]
    assert out.startswith(f"usage: {program} {command} ") and other not in out
    assert f"{program} attack --help" in shown(call, capsys)


def test_the_examples_of_evaluate_can_be_copied(capsys):
    assert "\n    atpt evaluate --summary table --markdown\n" in shown(main, capsys, "evaluate")


def test_the_page_has_its_options(capsys):
    out = shown(main, capsys, "app")
    assert out.startswith("usage: atpt app ") and "--port" in out and "--host" in out


def test_a_model_that_is_none_gets_a_sentence(capsys):
    assert main(["app", "--model", "owl"]) == 2
    assert "not a model name" in capsys.readouterr().err
