// Keeps the stream in which Gradio's page reads what its events answer (6.31). The server ends it with the last answer
// that it knows of, and the page closes it once it has read that end: an event sent meanwhile is answered to nobody, and
// neither it nor what waits behind it is drawn until something else opens a stream. So while an event is not answered, an
// end is not passed on, and the page reads the next stream as if it were the same; and where one is passed on, the page
// hears of an event accepted meanwhile once it has closed.
(() => {
  const ask = window.fetch.bind(window);
  const END = 'data: {"msg":"close_stream"';
  const ANSWERED = /^data: \{"msg":"process_completed","event_id":"([^"]+)"/;
  const HEAD = 200; // characters of a message that may be of megabytes
  const CLOSES = 1000; // milliseconds that it takes at most
  const sent = new Set(); // what becomes of events that the server has not accepted yet
  const waiting = new Set(); // events that it has accepted and not answered
  const early = new Set(); // and that it has answered before it was heard that they are accepted
  let closed = Promise.resolve();
  const accepted = async (response) => {
    const { event_id: event } = response.ok ? await response.clone().json() : {};
    if (event && !early.delete(event)) waiting.add(event);
  };
  const sending = async (what, how) => {
    const response = ask(what, how);
    const heard = response.then(accepted).catch(() => {}); // Gradio says what is wrong
    sent.add(heard);
    await heard;
    sent.delete(heard);
    await closed;
    return response;
  };
  const answered = (event) => {
    if (event && !waiting.delete(event)) early.add(event);
  };
  const lines = async function* (response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let line = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = value.split("\n");
      for (const part of parts.slice(0, -1)) {
        yield `${line}${part}\n`;
        line = "";
      }
      line += parts.at(-1);
    }
    if (line) yield line;
  };
  const reading = async (request) => {
    const first = await ask(request);
    if (!first.ok) return first;
    const messages = async function* () {
      for (let response = first, ended = false; !ended; response = ended ? null : await ask(request)) {
        ended = true;
        for await (const line of lines(response)) {
          answered(ANSWERED.exec(line.slice(0, HEAD))?.[1]);
          if (line.startsWith(END)) {
            while (sent.size) await Promise.all(sent);
            ended = !waiting.size;
            if (!ended) break;
            closed = new Promise((done) => {
              request.signal.addEventListener("abort", done);
              setTimeout(done, CLOSES);
            });
          }
          yield line;
        }
      }
    };
    const all = messages();
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await all.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
    });
    return new Response(body, { status: first.status, headers: first.headers });
  };
  window.fetch = (what, how) => {
    const { pathname } = new URL(what.url || what, location.href);
    if (pathname.endsWith("/queue/join")) return sending(what, how);
    if (pathname.endsWith("/queue/data") && what.signal) return reading(what);
    return ask(what, how);
  };
})();
