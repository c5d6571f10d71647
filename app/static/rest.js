// Lets the page come to rest. Gradio's loading screen counts its seconds frame by frame, and goes on when it is gone
// (6.31): for as long as the page is open, 60 times a second. Before Gradio starts, this follows which request for a
// frame was made within which frame, and ends a loop of ever new but equal functions that began before the page's own
// parts were there and still goes on a while later. What animates them asks with one and the same function.
(() => {
  const ask = window.requestAnimationFrame.bind(window);
  const GRACE = 60; // frames
  const loaded = () => document.querySelector("#journey");
  let frame = null; // the loop in whose frame we are
  window.requestAnimationFrame = (callback) => {
    const loop = frame || { last: null, early: !loaded(), late: 0 };
    if (loop.early && loop.last && loop.last !== callback && loaded()) {
      loop.late = String(loop.last) === String(callback) ? loop.late + 1 : 0;
      if (loop.late > GRACE) return 0;
    }
    loop.last = callback;
    return ask((time) => {
      frame = loop;
      try {
        callback(time);
      } finally {
        frame = null;
      }
    });
  };
})();
