"""What is drawn anew: a piece that reads what changed and no other; and what stays, dimmed, with a line on why."""

import random
from dataclasses import fields, replace
from functools import cache

import gradio as gr
import pytest

import engine
from app.batch import Batch
from app.choices import DISPLAY, Choices
from app.components.naming import value_named
from app.state.found import Found, Pinned
from app.state.history import Look
from app.state.parts import PARTS
from app.state.shown import Original
from app.state.visitors import Progress, Visitor
from app.sweep import Sweep
from app.text import inputs as text
from app.transfers import Transfers
from app.wiring import screens as module
from app.wiring.pieces import Piece, merged
from app.wiring.screens import Screens
from engine.story import Results
from tests.page_cases import CHOICES, EVERYTHING, WHOLE, asked, held, picture, run

COMPARED = ("everything", "the attack")
BASES = {  # what visitors may have asked for
    "everything": EVERYTHING,
    "the story": WHOLE,
    "the attack": ("clean", "adversarial"),
    "the methods": ("clean", "adversarial", "defences"),
    "the tuning": ("clean", "adversarial", "views", "steps", "ensemble"),
    "nothing": (),
}


# -- every piece of the page declares what it reads -----------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(tiny):
    """What a visitor with `CHOICES` asks, all of it computed and nothing else."""
    question = asked(tiny, Results())
    run(question, EVERYTHING)
    return question


@pytest.fixture(scope="module")
def pinned(tiny) -> Pinned:
    """The whole story under another limit."""
    choices, shown = CHOICES._replace(eps=2), picture(tiny)
    found = run(asked(tiny, Results(), choices), EVERYTHING, shown)
    return Pinned(Look("", shown, choices, frozenset(EVERYTHING)), found)


@pytest.fixture(scope="module")
def bases(alone, pinned) -> list[Found]:
    """What is found for each of the bases, some of them compared with what was pinned."""
    found = {name: held(alone, parts) for name, parts in BASES.items()}
    return [replace(one, pinned=pinned if name in COMPARED else None, mosaic=True) for name, one in found.items()]


@pytest.fixture(scope="module")
def drawn_once():
    """`drawing` of a piece and what is found, with `CHOICES`, made the first time that it is asked for."""
    return cache(lambda piece, found: drawing(piece, found, CHOICES))


def plain(value):
    """A drawing in values that can be compared."""
    if isinstance(value, gr.blocks.Block):
        return repr(value.get_config())
    return value


def drawing(piece: Piece, found: Found, choices: Choices, shown: object = None) -> object:
    """What the piece draws, or that it cannot. The control `shown` shows its own choice without being drawn."""
    try:
        updates = piece.draw(found, choices)
    except LookupError as error:
        return type(error)
    if isinstance(updates.get(shown), dict):
        updates[shown] = {name: value for name, value in updates[shown].items() if name != "value"}
    return {component._id: plain(value) for component, value in updates.items()}


class Noted(Choices):
    """Choices that note which of them are looked at."""

    seen: set[str]

    def __getattribute__(self, name: str):
        if name in Choices._fields:
            type(self).seen.add(name)
        elif name in ("_replace", "_asdict", "__iter__"):
            type(self).seen |= set(Choices._fields)
        return super().__getattribute__(name)


@pytest.fixture(scope="module")
def looked_at(built, bases) -> list[tuple[Piece, int, set[str]]]:
    """Each piece with the place of each base, and the choices that it looks at to draw that."""
    found = []
    for _, piece in built[1].screens.pieces:
        for place, base in enumerate(bases):
            Noted.seen = set()
            drawing(piece, base, Noted(*CHOICES))
            found.append((piece, place, Noted.seen))
    return found


def described(piece: Piece) -> str:
    """The piece in words for who has to mend it."""
    return f"{piece.draw.__qualname__} reads {piece.reads} and {piece.choices}"


def other_value(page, name: str):
    """Another value that the control of this name may have."""
    control, value = page.controls[name], getattr(CHOICES, name)
    if isinstance(control, gr.Checkbox):
        return not value
    if isinstance(control, gr.CheckboxGroup):
        return value[:1]
    if isinstance(control, gr.Slider):
        return control.minimum if value != control.minimum else control.maximum
    if isinstance(control, gr.Number):
        return value + 1
    if name in ("true_class", "about", "against", "target", "written"):
        return "green fish"
    if isinstance(control, gr.Dropdown):
        return next(chosen for _, chosen in control.choices if chosen != value)
    return {"class_names": "red fish\nblue fish\nowl", "template": "art of a {}.", "only_cells": "2x2:1.2"}.get(
        name, "pet"
    )


@pytest.mark.slow
def test_the_bases_lack_parts_and_have_them(bases):
    assert set(bases[0].made) == set(EVERYTHING) == set(PARTS) - {"through"} and bases[-1].made == {}
    assert all(set(found.made) == set(parts) for found, parts in zip(bases, BASES.values(), strict=True))


@pytest.mark.slow
def test_looking_is_noted(looked_at):
    """Else the next test would compare nothing."""
    noted = set().union(*(names for _, _, names in looked_at))
    assert {"colours", "opened_view", "map", "attack", "true_class", "temperature"} <= noted
    assert all(set(piece.choices) <= names for piece, place, names in looked_at if not place)


@pytest.mark.slow
@pytest.mark.parametrize("name", Choices._fields)
def test_a_piece_that_draws_a_choice_otherwise_declares_it(tiny, page, alone, bases, looked_at, name):
    moved = CHOICES._replace(**{name: other_value(page, name)})
    assert moved != CHOICES
    after, control = asked(tiny, alone.story.results, moved), page.controls[name]
    others = [
        replace(held(after, parts, one.picture), pinned=one.pinned, mosaic=one.mosaic)
        for one, parts in zip(bases, BASES.values(), strict=True)
    ]
    for piece, place, names in looked_at:
        one, other = bases[place], others[place]
        if name in names and piece.state(one, CHOICES) == piece.state(other, moved):
            same = drawing(piece, one, CHOICES, control) == drawing(piece, other, moved, control)
            assert same, described(piece)


def requests(question, name: str) -> set:
    """All that a part asks for, with all that this needs."""
    found, open_ones = set(), []
    for wanted in PARTS[name].wanted(question):
        request = next(wanted)
        while request is not None:
            open_ones.append(request)
            try:
                request = wanted.send(question.story.result(request))
            except StopIteration:
                request = None
    while open_ones:
        request = open_ones.pop()
        if request not in found:
            found.add(request)
            open_ones += request.needs(question.story.recipe).values()
    return found


@pytest.fixture(scope="module")
def needs(built, alone) -> list[set[str]]:
    """What is implied by what each of the pieces reads."""
    every = {name: requests(alone, name) for name in PARTS}
    return [implied(every, piece) for _, piece in built[1].screens.pieces]


def implied(every: dict[str, set], piece: Piece) -> set[str]:
    """Fields that cannot change unless something changes that the piece reads: what its parts are made from.

    `every` is what each part asks for.
    """
    parts = [name for name in piece.reads if name in PARTS]
    found = {name for name in PARTS if any(every[name] <= every[part] for part in parts)}
    found |= {"picture", "classes", "model"} if parts else set()
    return found | ({"label"} if set(parts) - {"clean"} else set())


def a_sweep(digest: str) -> Sweep:
    settings = replace(CHOICES.settings(), defences=("clip",))
    return Sweep("", digest, "", settings, True, 6, points=(engine.story.SweepPoint(0.0, 0, {"clip": 1.0}),))


OTHERS = {  # another value of every field that is no part
    "model": lambda found: "another",
    "picture": lambda found: replace(found.picture, picture=engine.story.Picture(found.picture.pixels.flip(-1))),
    "original": lambda found: Original("another", "data:,", 4, 3),
    "classes": lambda found: engine.Classes(("red fish", "blue fish", "green fish"), ("art of a {}.",)),
    "label": lambda found: None,
    "batch": lambda found: Batch(CHOICES.settings(), 3),
    "sweep": lambda found: a_sweep(found.picture.picture.digest),
    "transfers": lambda found: Transfers(("a", "b"), True),
    "progress": lambda found: Progress(4),
    "mosaic": lambda found: not found.mosaic,
    "grid": lambda found: (3, 5),
    "pinned": lambda found: None,
    "elsewhere": lambda found: frozenset(EVERYTHING),
    "answer": lambda found: engine.settings.AnswerSettings(True, 1.0),
}


NAMES = ("made", "partial")  # fields that say which parts there are, and hold none


def test_every_field_is_changed_in_the_next_test():
    assert {field.name for field in fields(Found)} == {*OTHERS, *PARTS, *NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*OTHERS, *PARTS])
def test_a_piece_that_draws_a_field_otherwise_declares_it(page, bases, drawn_once, needs, name):
    for one in bases:
        made = {part: digest for part, digest in one.made.items() if part != name}
        absent = () if name in PARTS and PARTS[name].in_rows else None
        value = OTHERS[name](one) if name in OTHERS else absent
        if name in PARTS and name not in one.made:
            continue
        other = replace(one, made=made, **{name: value})
        for (_, piece), needed in zip(page.screens.pieces, needs, strict=True):
            if name not in needed and piece.state(one, CHOICES) == piece.state(other, CHOICES):
                assert drawn_once(piece, one) == drawing(piece, other, CHOICES), described(piece)


def test_what_a_piece_declares_there_is(page):
    for _, piece in page.screens.pieces:
        assert set(piece.reads) <= {field.name for field in fields(Found)} - set(NAMES), described(piece)
        assert set(piece.choices) <= set(Choices._fields) and set(piece.shows) <= set(piece.reads) & set(PARTS)


def test_every_part_is_shown_by_a_piece_of_a_step_and_no_output_is_drawn_by_two_that_show_parts(page):
    shown = {name for step, piece in page.screens.pieces if step for name in piece.shows}
    assert shown == set(PARTS) - {"clean"}
    outputs = [output for _, piece in page.screens.pieces if piece.shows for output in piece.outputs]
    assert len(outputs) == len(set(outputs))


@pytest.mark.slow
def test_a_state_holds_no_results(bases, page):
    """Screens are remembered for longer than results."""
    for _, piece in page.screens.pieces:
        state = piece.state(bases[0], CHOICES)
        within = [one for value in state if isinstance(value, tuple) for one in value]
        for value in (*state, *within):
            kinds = (str, int, float, bool, list, tuple, frozenset, engine.Classes, Batch, Progress, type(None))
            assert isinstance(value, kinds), described(piece)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_page_drawn_bit_by_bit_shows_what_it_would_drawn_at_once(tiny, page, alone, pinned, seed):
    """Whatever visitors ask for and choose, in whatever order: nothing is left that was not drawn from what is found
    now, but for what is dimmed."""
    rng, key, now = random.Random(seed), f"bit by bit {seed}", {}
    screens = Screens(page.stale)
    screens.pieces, screens.controls = page.screens.pieces, page.controls
    shown = picture(tiny)
    moves = [{}, {"eps": 0.5}, {"colours": "gray"}, {"keep": 0.25}, {"opened_view": 3}, {"purifier": "ttc"}]
    moves += [{"temperature": 0.5}, {"true_class": "green fish"}, {"class_names": "red fish\nowl"}]
    for _ in range(12):
        choices = CHOICES._replace(**rng.choice(moves))
        parts = frozenset(rng.choice(list(BASES.values())))
        found = held(asked(tiny, alone.story.results, choices), parts, shown)
        found = replace(found, pinned=rng.choice([pinned, None]))
        before = dict(now)
        now |= screens.redrawn(key, Visitor("", shown, choices, asked=parts), found, choices)
        dimmed = " ".join(now.get(line) or "" for line in page.stale.values())
        for _, piece in page.screens.pieces:
            for output, value in piece.draw(found, choices).items():
                if output.elem_id and f"#{output.elem_id}{{" in dimmed.replace(",", "{"):
                    assert now[output] is before[output]
                elif not isinstance(value, dict) and output not in page.controls.values():
                    assert plain(now[output]) == plain(value), described(piece)


# -- what a screen remembers ----------------------------------------------------------------------------------------


class Drawn:
    """A screen with a piece that shows attacks in step 2, one that shows maps in step 3, and one that shows none."""

    def __init__(self, tiny) -> None:
        self.lines = {2: gr.HTML(), 3: gr.HTML()}
        self.attack, self.maps, self.card = gr.HTML(elem_id="attack"), gr.HTML(elem_id="maps"), gr.HTML()
        self.screens = Screens(self.lines)
        self.screens.pieces = [
            (2, Piece(self._say("attack"), [self.attack], ("adversarial",), ("adversarial",), ("colours",))),
            (3, Piece(self._say("maps"), [self.maps], ("maps",), ("maps",))),
            (0, Piece(self._say("card"), [self.card], ("classes", "clean"))),
        ]
        self.screens.controls = {name: gr.Number(label=name) for name in Choices._fields} | {
            "eps": gr.Number(label="Limit"),
            "seed": gr.Number(label="Seed"),
            "defences": gr.CheckboxGroup([("The model", "clip"), ("Tuned", "a-tpt")], label="Methods"),
            "legacy": gr.Checkbox(label="As published"),
            "domain_word": gr.Textbox(label="Word"),
        }
        self.screens.steps = {"eps": 2, "steps": 2, "map": 3, "views": 4}
        self.picture = picture(tiny)
        self.drawn: list[str] = []

    def _say(self, name):
        def draw(found, choices):
            self.drawn.append(name)
            return {getattr(self, name): f"{name} of {found.made} in {choices.colours}"}

        return draw

    def see(self, parts=(), wants=EVERYTHING, key="me", choices=CHOICES, **found) -> dict:
        """What is drawn anew for someone who has asked for `wants` where `parts` are found."""
        self.drawn.clear()
        given = {"picture": self.picture, "classes": engine.Classes(("red", "blue")), "made": dict(parts)} | found
        progress = given.get("progress", Progress())
        visitor = Visitor("", given["picture"], choices, asked=frozenset(wants), progress=progress)
        return self.screens.redrawn(key, visitor, Found(**given), choices)


@pytest.fixture
def screen(tiny) -> Drawn:
    return Drawn(tiny)


HIT = {"clean": "c", "adversarial": "a"}
STRONGER = CHOICES._replace(eps=8)


def test_a_newcomer_sees_everything_and_the_next_drawing_has_nothing(screen):
    assert set(screen.see(HIT)) == {screen.attack, screen.maps, screen.card}
    assert screen.see(HIT) == {} and screen.drawn == []


def test_only_what_reads_what_changed_is_drawn(screen):
    screen.see(HIT)
    assert set(screen.see(HIT | {"maps": "m"})) == {screen.maps}
    assert set(screen.see(HIT | {"maps": "m"}, choices=CHOICES._replace(colours="gray"))) == {screen.attack}
    assert set(screen.see(HIT | {"maps": "m"}, choices=CHOICES._replace(colours="gray", eps=8))) == set()


def test_what_an_attack_on_its_way_was_drawn_over_is_drawn_anew_and_what_is_not_there_yet_is_left_to_it(screen):
    screen.see(HIT)
    screen.screens.covered("me", screen.attack)
    assert set(screen.see(HIT)) == {screen.attack} and screen.see(HIT) == {}
    screen.see({"clean": "c"}, key="first")
    screen.screens.covered("first", screen.attack)
    assert screen.see({"clean": "c"}, key="first") == {}
    screen.screens.covered("nobody yet", screen.attack)


def test_what_is_dimmed_and_drawn_over_is_drawn_anew_once_it_is_back(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    screen.screens.covered("me", screen.attack)
    assert screen.attack not in screen.see({"clean": "c"}, choices=STRONGER)
    assert screen.attack in screen.see(HIT)


def test_what_was_drawn_of_a_stopped_attack_goes_also_over_what_is_dimmed(screen):
    screen.see({"clean": "c"})
    screen.screens.cut("me", screen.attack)
    assert screen.attack in screen.see({"clean": "c"}) and screen.see({"clean": "c"}) == {}
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    screen.screens.cut("me", screen.attack)
    assert screen.see({"clean": "c"}, choices=STRONGER)[screen.attack] == ""
    assert screen.attack not in screen.see({"clean": "c"}, choices=STRONGER)
    assert screen.attack in screen.see(HIT)


def test_each_visitor_has_a_screen_of_their_own(screen):
    screen.see(HIT)
    assert len(screen.see(HIT, key="you")) == 3 and screen.see(HIT) == {}


def test_a_forgotten_screen_is_drawn_anew(screen):
    screen.see(HIT)
    screen.screens.forget("me")
    screen.screens.forget("nobody")
    assert len(screen.see(HIT)) == 3


def test_the_oldest_screens_make_room(screen, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    for key in ("a", "b"):
        screen.see(HIT, key=key)
    screen.see(HIT, key="a")
    screen.see(HIT, key="c")
    assert screen.see(HIT, key="a") == {} and len(screen.see(HIT, key="b")) == 3


def test_what_is_not_there_for_other_settings_stays_dimmed_and_the_line_says_what_differs(screen):
    screen.see(HIT)
    updates = screen.see({"clean": "c"}, choices=STRONGER)
    assert set(updates) == {screen.lines[2]} and screen.drawn == []
    assert "Limit: 4, now 8." in updates[screen.lines[2]] and "#attack{opacity" in updates[screen.lines[2]]
    assert screen.see({"clean": "c"}, choices=STRONGER) == {}


def test_the_line_goes_when_the_result_is_back_and_nothing_is_drawn_again(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    assert screen.see(HIT) == {screen.lines[2]: ""} and screen.drawn == []


def test_the_line_goes_when_a_new_result_is_there(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    updates = screen.see(HIT | {"adversarial": "b"}, choices=STRONGER)
    assert set(updates) == {screen.lines[2], screen.attack} and updates[screen.lines[2]] == ""


def test_the_line_says_how_the_settings_stand_now(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    updates = screen.see({"clean": "c"}, choices=CHOICES._replace(eps=2, seed=7))
    assert set(updates) == {screen.lines[2]} and "Limit: 4, now 2" in updates[screen.lines[2]]
    assert "Seed: 0, now 7" in updates[screen.lines[2]]


def test_the_line_names_only_what_moved_since_the_result_was_last_there(screen):
    screen.see(HIT)
    screen.see(HIT, choices=CHOICES._replace(temperature=0.5))  # no matter to the attack
    updates = screen.see({"clean": "c"}, choices=CHOICES._replace(temperature=0.5, eps=8))
    assert "Limit: 4, now 8." in updates[screen.lines[2]] and "temperature" not in updates[screen.lines[2]]


def test_many_settings_are_counted_and_how_a_result_is_shown_is_none(screen):
    screen.see(HIT)
    moved = STRONGER._replace(seed=7, defences=["clip"], steps=9, tune_steps=1, opened_view=3, colours="gray")
    said = screen.see({"clean": "c"}, choices=moved)[screen.lines[2]]
    assert said.count(", now ") == 3 and "; and 2 more" in said
    assert all(name not in said for name in DISPLAY)


def test_a_line_names_what_its_step_depends_on_its_own_settings_first(screen):
    screen.see(HIT | {"maps": "m"})
    moved = CHOICES._replace(seed=7, eps=8, map="rollout", views=9)
    updates = screen.see({"clean": "c"}, choices=moved)
    attack, maps = (updates[screen.lines[step]] for step in (2, 3))
    assert ": Limit: 4, now 8; Seed: 0, now 7." in attack
    assert maps.index("now rollout") < maps.index("Limit") < maps.index("Seed") and "views" not in maps + attack


def test_a_line_names_settings_of_later_steps_where_no_others_differ(screen):
    screen.see(HIT)  # as of an attack through a defence
    assert "now 9" in screen.see({"clean": "c"}, choices=CHOICES._replace(views=9))[screen.lines[2]]


def test_the_settings_of_the_maps_are_named_in_no_other_step(page):
    steps, choices = page.screens.steps, CHOICES._replace(map="rollout", eps=9.0)
    assert {steps["eps"], steps["map"], steps["views"], steps["tune_steps"], steps["defences"]} == {2, 3, 4, 5, 6}
    assert {"class_names", "template", "seed", "true_class"}.isdisjoint(steps) and set(steps) <= set(page.controls)
    assert all(
        page.screens._matters(name, 6) == (steps.get(name) != 3) for name in choices._fields if steps.get(name, 0) < 7
    )


def test_what_visitors_wrote_is_no_markup_in_the_line(screen):
    screen.see(HIT)
    said = screen.see({"clean": "c"}, choices=CHOICES._replace(domain_word="<b>"))[screen.lines[2]]
    assert "&lt;b&gt;" in said and "<b>" not in said


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ({"defences": ["a-tpt"]}, "Methods: The model, Tuned, now Tuned."),
        ({"legacy": True}, "As published: off, now on."),
        ({"domain_word": "pet"}, "Word: none, now pet."),
        ({"eps": 0.5}, "Limit: 4, now 0.5."),
    ],
)
def test_the_line_names_values_as_the_controls_show_them(screen, moved, expected):
    screen.see(HIT)
    assert expected in screen.see({"clean": "c"}, choices=CHOICES._replace(**moved))[screen.lines[2]]


def test_every_step_has_its_own_line(screen):
    screen.see(HIT | {"maps": "m"})
    updates = screen.see({"clean": "c"}, choices=STRONGER)
    assert set(updates) == {screen.lines[2], screen.lines[3]} and "#maps{" in updates[screen.lines[3]]
    assert screen.see(HIT, choices=CHOICES._replace(map="rollout"))[screen.lines[2]] == ""


@pytest.mark.parametrize("other", [{"picture": None}, {"classes": engine.Classes(("x", "y"))}, {"model": "another"}])
def test_on_another_ground_nothing_stale_is_left(screen, other):
    screen.see(HIT | {"maps": "m"})
    updates = screen.see({}, choices=STRONGER, **other)
    assert {screen.attack, screen.maps} <= set(updates) and not set(screen.lines.values()) & set(updates)


def test_on_another_ground_a_line_that_stood_there_goes(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    updates = screen.see({}, choices=STRONGER, picture=None)
    assert updates[screen.lines[2]] == "" and screen.attack in updates


def test_what_was_put_away_is_not_dimmed_but_gone(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    updates = screen.see({"clean": "c"}, wants=("clean",), choices=STRONGER)
    assert set(updates) == {screen.attack, screen.lines[2]} and updates[screen.lines[2]] == ""


def test_what_was_never_there_is_not_dimmed(screen):
    screen.see({"clean": "c"})
    assert screen.see({"clean": "c"}, choices=STRONGER) == {}
    assert set(screen.see({"clean": "d"}, choices=STRONGER)) == {screen.card}


def test_what_was_dimmed_while_it_should_be_shown_otherwise_is_drawn_so_once_it_is_back(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER._replace(colours="gray"))
    assert screen.drawn == []
    updates = screen.see(HIT, choices=CHOICES._replace(colours="gray"))
    assert "in gray" in updates[screen.attack] and updates[screen.lines[2]] == ""


ROWS = frozenset({"adversarial"})  # the part of step 2, taken as one in rows


def test_rows_of_which_some_are_missing_leave_the_whole_that_stood_there_dimmed(screen):
    screen.see(HIT)
    updates = screen.see(HIT | {"adversarial": "b"}, choices=STRONGER, partial=ROWS)
    assert set(updates) == {screen.lines[2]} and screen.drawn == []
    assert "#attack{opacity" in updates[screen.lines[2]] and "Limit: 4, now 8." in updates[screen.lines[2]]
    whole = screen.see(HIT | {"adversarial": "b2"}, choices=STRONGER)
    assert set(whole) == {screen.attack, screen.lines[2]} and whole[screen.lines[2]] == ""


def test_while_a_run_is_under_way_rows_are_shown_as_they_come(screen):
    screen.see(HIT)
    screen.see({"clean": "c"}, choices=STRONGER)
    updates = screen.see(HIT | {"adversarial": "b"}, choices=STRONGER, partial=ROWS, progress=Progress(2))
    assert set(updates) == {screen.attack, screen.lines[2]} and updates[screen.lines[2]] == ""


def test_rows_that_a_stopped_run_has_left_are_no_older_result_and_stay_as_they_are(screen):
    screen.see(HIT)
    screen.see(HIT | {"adversarial": "b"}, choices=STRONGER, partial=ROWS, progress=Progress(2))
    assert screen.see(HIT | {"adversarial": "b"}, choices=STRONGER, partial=ROWS) == {}
    assert screen.see({"clean": "c"}, choices=CHOICES._replace(eps=2))[screen.attack].startswith("attack of")


# -- what is wrong with the choices ---------------------------------------------------------------------------------


def test_what_is_dimmed_stays_so_while_another_step_runs(screen):
    screen.see(HIT | {"maps": "m"})
    screen.see({"clean": "c"}, choices=STRONGER)
    assert screen.maps not in screen.see({"clean": "c"}, choices=STRONGER, progress=Progress(2))


def test_nothing_has_a_word_in_the_line():
    assert value_named(gr.CheckboxGroup(["a"]), []) == value_named(gr.Number(), None) == text.NOTHING


OTHER = CHOICES._replace(eps=7)


def test_a_complaint_is_news_once_and_so_is_that_there_is_none_any_more(screen):
    complains = screen.screens.complains
    assert not complains("me", CHOICES, "")
    assert [complains("me", CHOICES, said) for said in ("A seed.", "A seed.", "A limit.")] == [True, False, True]
    assert [complains("me", OTHER, ""), complains("me", OTHER, "")] == [True, False]
    assert complains("me", OTHER, "A limit.")


def test_what_is_wrong_with_choices_stays_wrong_until_they_are_others(screen):
    complains = screen.screens.complains
    assert complains("me", CHOICES, "A step too many.")
    assert not complains("me", CHOICES, "") and not complains("me", CHOICES, "A step too many.")
    assert complains("me", OTHER, "")


def test_each_visitor_is_complained_to_alone(screen):
    complains = screen.screens.complains
    assert complains("me", CHOICES, "A seed.") and complains("you", CHOICES, "A seed.")
    assert complains("me", OTHER, "") and not complains("you", CHOICES, "A seed.")


def test_a_complaint_leaves_what_was_drawn(screen):
    screen.see(HIT)
    screen.screens.complains("me", CHOICES, "A seed.")
    assert screen.see(HIT) == {}


# -- two drawings of one component ----------------------------------------------------------------------------------


def test_updates_of_different_components_stand_beside_each_other():
    first, second = {"a": 1}, {"b": 2}
    assert merged(first, second) == {"a": 1, "b": 2} and first == {"a": 1}


def test_of_two_values_the_later_holds():
    assert merged({"a": 1}, {"a": 2}) == {"a": 2} and merged({"a": 1}, {"a": None}) == {"a": None}


def test_two_updates_of_one_component_are_one_and_the_later_holds_where_both_say_something():
    first = {"a": gr.update(visible=False, label="L")}
    assert merged(first, {"a": gr.update(value=3, label="M")})["a"] == gr.update(visible=False, value=3, label="M")
    assert first == {"a": gr.update(visible=False, label="L")}


def test_a_value_and_an_update_are_one_update():
    assert merged({"a": 3}, {"a": gr.update(visible=False)})["a"] == gr.update(value=3, visible=False)
    assert merged({"a": gr.update(visible=False)}, {"a": 3})["a"] == gr.update(value=3, visible=False)
