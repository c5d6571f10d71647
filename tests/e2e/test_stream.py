"""What the page reads its answers from: an event sent just as the stream of another ends is answered too."""

import pytest

from tests.e2e.conftest import at_rest, first_sample, streams_of

LATE = """(() => {
  const ask = window.fetch.bind(window);
  window.ends = 0;
  window.fetch = async (what, how) => {
    const response = await ask(what, how);
    if (!String(what.url || what).includes("/queue/data")) return response;
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const pull = async (controller) => {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      if (decoder.decode(value).includes("close_stream")) {
        window.ends += 1;
        await new Promise((then) => setTimeout(then, 500));
      }
      controller.enqueue(value);
    };
    return new Response(new ReadableStream({ pull }), { status: response.status, headers: response.headers });
  };
})()"""


@pytest.fixture
def slow_to_end(context, address):
    """A page that hears half a second late that a stream has ended."""
    page = context.new_page()
    page.add_init_script(LATE)
    first_sample(page, address)
    yield page
    page.close()


def test_what_is_sent_before_the_end_of_a_stream_is_heard_of_is_answered(slow_to_end):
    page = slow_to_end
    page.set_default_timeout(20_000)
    reading = streams_of(page)
    for chosen in (1, 2, 3):
        ends = page.evaluate("window.ends")
        page.click(f"#samples [data-index='{chosen}']")
        page.locator(f"#samples [data-index='{chosen}'][aria-pressed=true]").wait_for()
        page.wait_for_function("ends => window.ends > ends", arg=ends)
        page.click("#samples [data-index='0']")
        page.locator("#samples [data-index='0'][aria-pressed=true]").wait_for()
    at_rest(page, reading)
    assert not reading  # and no stream is read for nothing
