"""Attacked pictures are listed with their attack, file and settings, and copied under their sources' names."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cli.main import main
from engine.datasets.folders import Folder
from engine.datasets.tables import Table
from engine.errors import EngineError
from engine.evaluation import Plan, copy_attacked, evaluate, read_kept
from engine.evaluation.manifest import own_path
from engine.settings import AttackSettings, Settings
from tests.evaluation_cases import Here, picture

PLAN = Plan(Settings(defences=("clip",)), (AttackSettings(steps=1), AttackSettings("fgsm", 8 / 255)), seed=5)


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "attacked.jsonl").read_text().splitlines()]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


@pytest.fixture
def kept(small, tree, tmp_path) -> Path:
    """A finished evaluation of six pictures by two attacks."""
    list(evaluate(Folder(tree), PLAN, Here(small, "small"), tmp_path / "out"))
    return tmp_path / "out"


def test_every_attacked_file_is_listed_with_its_picture_attack_and_settings(kept, small, tree):
    listed = lines(kept)
    assert [(line["picture"], line["attack"]) for line in listed[:3]] == [
        ("fox/x/f.png", "pgd-4"), ("fox/x/f.png", "fgsm-8"), ("owl/c.png", "pgd-4"),
    ]  # fmt: skip
    assert {line["file"] for line in listed} == {f"attacked/{path.name}" for path in (kept / "attacked").iterdir()}
    assert len(listed) == 12 and listed[0]["away_from"] == "fox" and listed[0]["model"] == "small"
    number = Folder(tree).ask(0)().number
    assert listed[1]["settings"] == replace(PLAN.attacks[1], seed=PLAN.seed_for(number)).kept()
    clean = (small.prepare(picture(5)).permute(1, 2, 0) * 255).numpy()
    assert 7 < np.abs(pixels(kept / listed[1]["file"]) - clean).max() <= 8.51


def test_what_is_listed_is_not_listed_again(kept, small, tree, tmp_path):
    whole = (kept / "attacked.jsonl").read_bytes()
    for name in ("records.jsonl", "attacked.jsonl"):  # killed while the third picture was written
        cut = (kept / name).read_bytes().splitlines(keepends=True)
        (kept / name).write_bytes(b"".join(cut[: 2 if name == "records.jsonl" else 5]) + b'{"cut o')
    list(evaluate(Folder(tree), PLAN, Here(small, "small"), kept))
    assert (kept / "attacked.jsonl").read_bytes() == whole


def test_a_shared_folder_has_a_list_of_its_own_or_is_named_in_that_of_the_evaluation(small, tree, tmp_path):
    shared = tmp_path / "shared"
    few = Folder(tree, limit=2)
    list(evaluate(few, PLAN, Here(small, "small"), cache=shared))
    assert sorted(line["file"] for line in lines(shared)) == sorted(path.name for path in shared.glob("*.png"))
    list(evaluate(few, PLAN, Here(small, "small"), tmp_path / "out", shared))
    assert [Path(line["file"]).parent for line in lines(tmp_path / "out")] == [shared] * 4
    assert len(lines(shared)) == 4


def test_copies_have_the_names_and_folders_of_their_sources(kept, tmp_path):
    target = tmp_path / "copies"
    copy_attacked(kept, read_kept(kept), target)
    names = ["fox/x/f", "owl/c", "owl/d", "owl/e", "sea_star/a", "sea_star/b"]
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.png"))
    assert found == sorted(f"{arm}/{name}.png" for arm in ("pgd-4", "fgsm-8") for name in names)
    for copied, original in zip(lines(target), lines(kept), strict=True):
        assert copied | {"file": 0} == original | {"file": 0}
        assert (target / copied["file"]).read_bytes() == (kept / original["file"]).read_bytes()
    copy_attacked(kept, read_kept(kept)[:1], target)
    assert len(lines(target)) == 2  # the list is of what was asked for last
    (kept / lines(kept)[0]["file"]).unlink()
    with pytest.raises(EngineError, match="“.*out/attacked/.*.png” cannot be copied to “.*pgd-4/fox/x/f.png”"):
        copy_attacked(kept, read_kept(kept), target)


def test_a_file_that_is_put_back_is_copied_as_it_is_now(kept, small, tree, tmp_path):
    def copied() -> list[np.ndarray]:
        list(evaluate(Folder(tree), PLAN, Here(small, "small"), kept))
        copy_attacked(kept, read_kept(kept), tmp_path / "copies")
        return [pixels(tmp_path / "copies" / arm / "owl" / "d.png") for arm in ("pgd-4", "fgsm-8")]

    before, first = (tree / "owl" / "d.png").read_bytes(), copied()
    picture(21).save(tree / "owl" / "d.png")
    other = copied()
    (tree / "owl" / "d.png").write_bytes(before)
    for one, changed, again in zip(first, other, copied(), strict=True):
        assert np.array_equal(one, again) and not np.array_equal(one, changed)


def test_lists_without_digests_count_where_they_leave_no_doubt(kept, tmp_path):
    older = [{name: value for name, value in line.items() if name != "digest"} for line in lines(kept)]
    doubtful = older[0] | {"file": older[2]["file"]}
    (kept / "attacked.jsonl").write_text("".join(json.dumps(line) + "\n" for line in older))
    copy_attacked(kept, read_kept(kept), tmp_path / "copies")
    assert lines(tmp_path / "copies")[0] == older[0] | {"file": "pgd-4/fox/x/f.png"}
    (kept / "attacked.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*older, doubtful]))
    with pytest.raises(EngineError, match="1 of 12 are not copied.*the first: fox/x/f.png by pgd-4"):
        copy_attacked(kept, read_kept(kept), tmp_path / "copies")
    assert len(lines(tmp_path / "copies")) == 11


def test_a_list_that_is_gone_or_names_too_few_is_told(kept, tmp_path):
    whole = (kept / "attacked.jsonl").read_bytes().splitlines(keepends=True)
    (kept / "attacked.jsonl").write_bytes(b"".join(whole[2:]))
    with pytest.raises(EngineError, match="“.*attacked.jsonl”; 2 of 12 are not copied, for no file is listed for them"):
        copy_attacked(kept, read_kept(kept), tmp_path / "copies")
    assert len(lines(tmp_path / "copies")) == 10
    (kept / "attacked.jsonl").unlink()
    with pytest.raises(EngineError, match="12 of 12 are not copied, .*, the first: fox/x/f.png by pgd-4"):
        copy_attacked(kept, read_kept(kept), tmp_path / "copies")


def test_an_exact_name_is_kept_and_others_get_a_number(small, tree, tmp_path):
    for name in ("a.jpg", "a.png", "a-2.png"):
        picture(40).save(tree / "owl" / name)
    (tree / "list.csv").write_text("path,label\nowl/a.jpg,owl\nowl/a-2.png,owl\nowl/a.png,owl\nowl/c.png,star\n")
    list(evaluate(Table(tree / "list.csv"), PLAN, Here(small, "small"), tmp_path / "out"))
    copy_attacked(tmp_path / "out", read_kept(tmp_path / "out"), tmp_path / "copies")
    named = {line["picture"]: line["file"] for line in lines(tmp_path / "copies") if line["attack"] == "pgd-4"}
    assert named == {
        "owl/a.jpg": "pgd-4/owl/a-3.png", "owl/a.png": "pgd-4/owl/a.png", "owl/a-2.png": "pgd-4/owl/a-2.png",
        "owl/c.png": "pgd-4/owl/c.png",
    }  # fmt: skip


def test_sources_of_one_name_get_a_file_each(small, tree, tmp_path):
    rows = ["owl/c.png,owl", "owl/c.jpg,owl", "owl/C.PNG,owl", "sea_star/c.png,star", "../c.png,star", "owl/c.png,star"]
    for seed, row in enumerate(rows[1:5]):
        path = tree / row.split(",")[0]
        picture(30 + seed).save(path, "JPEG" if path.suffix == ".jpg" else "PNG")
    (tree / "list.csv").write_text("\n".join(["path,label", *rows]))
    out, target = tmp_path / "out", tmp_path / "copies"
    list(evaluate(Table(tree / "list.csv"), PLAN, Here(small, "small"), out))
    copy_attacked(out, read_kept(out), target)
    assert len(lines(target)) == 12 == len({line["file"].lower() for line in lines(target)})
    for line in lines(target):
        with Image.open(target / line["file"]) as image:
            note = json.loads(image.info["attack"])
        assert (note["picture"], note["away_from"]) == (line["picture"], line["away_from"])
    assert {line["file"] for line in lines(target) if line["attack"] == "pgd-4"} == {
        "pgd-4/owl/c.png", "pgd-4/owl/c-2.png", "pgd-4/owl/C-3.png", "pgd-4/owl/c-4.png",
        "pgd-4/sea_star/c.png", "pgd-4/c.png",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("owl/a.b.jpeg", "owl/a.b.png"),
        ("../../etc/passwd", "etc/passwd.png"),
        ("/data/owl/a.TIF", "data/owl/a.png"),
        ("./owl//a.png", "owl/a.png"),
        ("C:\\owl\\a.bmp", "C_/owl/a.png"),
        ("..", "picture.png"),
        ("11-0", "11-0.png"),
        ("img.001", "img.001.png"),
        ("owl/.png", "owl/.png.png"),
        ("owl/what?.png", "owl/what_.png"),
    ],
)
def test_no_key_leads_out_of_the_folder(key, path):
    assert own_path(key).as_posix() == path


def test_the_command_copies_also_what_was_kept_before(tiny, model, tree, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("engine.evaluation.Processes", lambda model, *_: Here(tiny, model))
    words = ["evaluate", "--folder", str(tree), "--model", model, "--defence", "clip", "--attack", "fgsm", "--json"]
    out, target = tmp_path / "out", tmp_path / "copies"
    assert main([*words, "--out", str(out)]) == 0
    monkeypatch.setattr("engine.story.requests.pictures.attack", lambda *_: 1 / 0)
    assert main([*words, "--out", str(out), "--attacked", str(target)]) == 0
    assert (target / "fgsm-4" / "owl" / "c.png").is_file() and len(lines(target)) == 6
    capsys.readouterr()
    assert main([*words, "--attacked", str(target)]) == 2
    assert "--attacked goes with --out" in capsys.readouterr().err
    for option in ("--out", "--cache"):
        assert main([*words, option, str(tree / "inside")]) == 2
        assert f"Expected {option} outside of --folder, whose folders are classes" in capsys.readouterr().err
