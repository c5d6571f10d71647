"""What the page hands its listeners and what it sends: as Gradio does, without handing each value to a thread."""

import asyncio

import gradio as gr
import orjson
import pytest
from gradio.state_holder import SessionState

from app.blocks import LARGEST_TOLD, Blocks

SKIPPED = gr.skip()


class Built:
    """A page and, as Gradio has it, the same."""

    def __init__(self, kind: type[gr.Blocks], answers) -> None:
        self.answers = answers
        asyncio.run(self._build(kind))  # inside a loop: one that Gradio makes for itself is never closed

    async def _build(self, kind: type[gr.Blocks]) -> None:
        with kind() as self.demo:
            self.number, self.menu = gr.Number(1, precision=0), gr.Dropdown(["a", "b"], value="a")
            self.text, self.other, self.button = gr.HTML("x"), gr.HTML("y"), gr.Button("Go")
            outputs = [self.text, self.other, self.menu, self.number]
            self.button.click(lambda *values: self.answers(self, *values), [self.number, self.menu], outputs)

    def event(self, *values) -> list:
        """What is sent when the button is pressed with these values."""
        return self.events(values)[0]

    def events(self, *each: tuple) -> list[list]:
        """What is sent for each press, one after the other, of one visitor."""

        async def run():
            self.demo.create_limiter()
            state = SessionState(self.demo)
            return [(await self.demo.process_api(0, list(one), state, session_hash="s"))["data"] for one in each]

        return asyncio.run(run())


def both(answers, *values) -> tuple[list, list]:
    """What this page sends, and what Gradio would."""
    return tuple(list(map(plain, Built(kind, answers).event(*values))) for kind in (Blocks, gr.Blocks))


def plain(sent):
    """Without what Gradio takes for a property of a text in each update of one: that it is an update."""
    return {key: value for key, value in sent.items() if key != "props"} if isinstance(sent, dict) else sent


ANSWERS = {
    "a text": lambda built, *values: {built.text: f"<b>{values}</b>"},
    "nothing in a text": lambda built, *values: {built.text: None},
    "an update of a text": lambda built, *values: {built.text: gr.update(value="z", visible=False)},
    "controls": lambda built, *values: {built.menu: gr.update(choices=["c"], value="c"), built.number: 7.0},
    "controls and a text": lambda built, *values: {built.other: "1", built.menu: "b", built.text: "2"},
    "nothing": lambda built, *values: gr.skip(),
    "a list": lambda built, *values: ["1", "2", "b", values[0]],
}


@pytest.mark.slow
@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_a_browser_is_sent_what_gradio_would_send(answers):
    ours, gradio = both(answers, 3, "b")
    assert ours == gradio and len(ours) == 4


def test_what_an_answer_passes_over_stays():
    ours, _ = both(ANSWERS["a text"], 3.4, "b")
    assert ours == ["<b>(3, 'b')</b>", SKIPPED, SKIPPED, SKIPPED]


@pytest.mark.parametrize("typed", [10**30, -(10**400), 1e30])
def test_an_integer_that_no_browser_can_be_told_is_handed_on_as_the_largest_that_can(typed):
    sent = Built(Blocks, lambda built, *values: {built.number: values[0]}).event(typed, "b")[-1]
    assert abs(sent["value"] if isinstance(sent, dict) else sent) == LARGEST_TOLD and orjson.dumps(sent)


def test_an_empty_answer_changes_nothing():
    assert Built(Blocks, lambda built, *values: {}).event(3, "b") == [SKIPPED] * 4


def test_a_changed_menu_is_asked_with_its_new_choices_later():
    built = Built(Blocks, ANSWERS["controls"])
    assert len(built.events((3, "b"), (3, "c"))) == 2
    with pytest.raises(gr.Error, match="Value: b is not in the list of choices"):
        built.events((3, "b"), (3, "b"))


@pytest.mark.parametrize("kind", [Blocks, gr.Blocks])
def test_a_value_that_a_control_does_not_have_is_refused_as_gradio_does(kind):
    with pytest.raises(gr.Error, match="Value: z is not in the list of choices"):
        Built(kind, ANSWERS["nothing"]).event(3, "z")


def test_an_answer_for_what_is_no_output_is_refused():
    with pytest.raises(ValueError, match="not specified as output"):
        Built(Blocks, lambda built, *values: {built.text: "1", built.button: "2"}).event(3, "b")


@pytest.mark.parametrize("values", [(), (3,), (3, "z"), ("many", "b")])
def test_values_that_no_listener_takes_are_refused_and_are_not_for_the_log(values):
    with pytest.raises(gr.Error) as caught:
        Built(Blocks, ANSWERS["nothing"]).event(*values)
    assert not caught.value.print_exception


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_the_end_of_a_listener_sends_nothing_and_that_of_a_call_its_last_answer(visibility):
    """Gradio's repeats the last update, which would be drawn over what another event has drawn meanwhile."""

    def count(number):
        yield number + 1
        yield number + 2

    async def run():
        with Blocks() as demo:
            number = gr.Number(1)
            gr.Button().click(count, number, number, api_visibility=visibility)
        demo.create_limiter()
        state, iterator, sent = SessionState(demo), None, []
        for _ in range(3):
            answer = await demo.process_api(0, [1], state, iterator=iterator, session_hash="s", event_id="e")
            iterator = answer["iterator"]
            sent.append((answer["data"], answer["is_generating"]))
        return sent

    first, second, last = asyncio.run(run())
    assert first == ([2], True) and second[1] and second[0] != [2]
    assert last == ([SKIPPED] if visibility == "private" else [3], False)


@pytest.mark.parametrize("count", [1, 2])
def test_a_listener_that_ends_before_it_draws_empties_nothing(count):
    """Gradio would send None for every output."""

    def nothing(*values):
        yield from ()

    async def run():
        with Blocks() as demo:
            outputs = [gr.CheckboxGroup(["a"], value=["a"]) for _ in range(count)]
            gr.Button().click(nothing, None, outputs, api_visibility="private")
        demo.create_limiter()
        return await demo.process_api(0, [], SessionState(demo), session_hash="s", event_id="e")

    answer = asyncio.run(run())
    assert answer["data"] == [SKIPPED] * count and not answer["is_generating"]
