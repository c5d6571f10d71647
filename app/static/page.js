// Opens the step whose card is pressed, follows the story until the visitor opens a card themselves, puts a link that
// was asked for into the address bar and out of it again once it opens something else than what is shown, and presses
// what the server asks it to. Asks for what has to be drawn where the server nudges it, and tells it that a slider has
// moved on from what it draws; what a control moves is dim from then on. Keeps the keyboard's focus where it is when a
// part of the page is drawn anew, and what a number's field held where that is left empty. Closes the warning that
// repeats a complaint once that is mended. Steps are in the history; the bar is one stop of the Tab key; presented, keys
// turn the steps.
(() => {
  const root = document.documentElement;
  let following = true;
  let focused = null;
  let twin = "";
  const heeded = {}; // what the server asks for, by where it stands: the turn that was heeded last
  let walking = 0;
  let typed = ""; // what a number's field held when it got the focus
  let roving = 0;
  let complaint = "";
  let scrolled = false; // by the visitor, who is reading: nothing scrolls the page then
  let query = location.search; // what the address bar holds at every step, also at those that the history goes back to
  let stop = null; // in the bar, of the Tab key: what had the focus last
  const STEP = /^#step-([1-7])$/;
  const TURNS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }; // of pages presented
  const WALK = 1200; // milliseconds at each step of a story that was there before
  const addressed = () => STEP.exec(location.hash)?.[1] || "1";
  root.dataset.step = addressed();
  // Of what can be pressed in the bar, the Tab key stops at one: `at`, where it is among them. Returns all.
  const rove = (at) => {
    const bar = document.querySelector("#bar");
    if (!bar) return [];
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", document.querySelector(".skip").dataset.bar);
    const shown = (each) => !each.disabled && each.checkVisibility({ visibilityProperty: true });
    const all = [...bar.querySelectorAll("button, input")].filter(shown);
    if (all.includes(at)) stop = at;
    const one = all.includes(stop) ? stop : all[0];
    all.forEach((each) => (each.tabIndex = each === one ? 0 : -1));
    return all;
  };
  const mark = () => {
    roving ||= setTimeout(() => { // once for many changes: whether a part can be seen costs the browser its layout
      roving = 0;
      rove(document.activeElement);
    }, 300);
    const step = root.dataset.step || "1";
    document.querySelectorAll("[data-open-step]").forEach((card) => {
      const current = card.dataset.openStep === step ? "step" : "false";
      if (card.getAttribute("aria-current") !== current) card.setAttribute("aria-current", current);
    });
  };
  let known = null;
  const moved = { ids: new Set(), turn: 0, style: document.head.appendChild(document.createElement("style")) };
  const dim = (control) => { // what one has moved, until it is drawn as the server then knows it
    known ||= JSON.parse(document.querySelector("#moves [data-moves]").dataset.moves);
    let home = control;
    while (home && !known.moves[home.id]) home = home.parentElement;
    if (!home) return;
    known.moves[home.id].flatMap((part) => known.shown[part]).forEach((id) => moved.ids.add(id));
    moved.turn = (window.turn || 0) + 1;
    moved.style.textContent = `:is(${[...moved.ids]}):not(:has(.empty)) { opacity: .4; }`;
  };
  const undim = ({ drawn }) => {
    if (Number(drawn) < moved.turn) return;
    moved.ids.clear();
    moved.style.textContent = "";
  };
  const address = () => history.replaceState(null, "", location.pathname + query + location.hash);
  const open = (step, bring = false, fresh = true) => {
    if (fresh && step !== (root.dataset.step || "1")) history.pushState(null, "", `${location.pathname}${query}#step-${step}`); // the page has a base
    root.dataset.step = step;
    mark();
    if (bring && !scrolled && window.innerWidth <= 900) document.querySelector("#journey").scrollIntoView();
    window.dispatchEvent(new Event("resize"));
  };
  const walked = ({ goes, gone }) => { // what the status line says of steps that go by is over with them
    const said = document.querySelector("#status [data-tone] > span");
    if (said?.textContent.trim() === goes) said.textContent = gone;
  };
  const walk = (step, last, said) => {
    clearTimeout(walking);
    if (!following || step > last) return walked(said);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) step = last;
    open(String(step), true);
    walking = setTimeout(() => walk(step + 1, last, said), WALK);
  };
  const present = (on) => {
    root.toggleAttribute("data-present", on);
    document.querySelector(on ? "#leave" : "#present").focus(); // what was pressed is away
    window.dispatchEvent(new Event("resize"));
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#run-story")) [following, scrolled] = [true, false];
    if (event.target.closest(".skip")) {
      event.preventDefault();
      document.querySelector("[data-open-step][aria-current=step]").focus();
    }
    const card = event.target.closest("[data-open-step]");
    if (card) {
      following = false;
      open(card.dataset.openStep);
    }
    const show = event.target.closest("#present, #leave");
    if (show) present(show.id === "present");
    const bring = event.target.closest("[data-bring]");
    if (!bring) return;
    const part = document.getElementById(bring.dataset.bring);
    part.scrollIntoView();
    part.querySelector("button:not(.pressed)")?.focus({ preventScroll: true }); // from where the Tab key goes on
  });
  for (const kind of ["wheel", "touchmove"]) document.addEventListener(kind, () => (scrolled = true), { passive: true });
  window.addEventListener("popstate", () => {
    following = false;
    if (location.search !== query) address();
    open(addressed(), false, false);
  });
  document.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || "present" in root.dataset || !event.target.closest("#bar")) return;
    const all = rove(event.target);
    const next = all[(all.indexOf(event.target) + by + all.length) % all.length];
    rove(next);
    next.focus();
  });
  document.addEventListener("focus", ({ target }) => {
    if (target.matches?.("input[type=number]")) typed = target.value;
  }, true);
  document.addEventListener("blur", ({ target }) => { // of an emptied field, which Gradio takes for the least that it may hold
    if (!target.matches?.("input[type=number]") || target.value || !typed) return;
    target.value = typed;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
  document.addEventListener("focusin", ({ target }) => {
    const home = target.closest("[id]:not([id^='html-'])");
    const data = [...target.attributes].find(({ name }) => name.startsWith("data-"));
    focused = target;
    twin = !home ? "" : home === target ? `#${CSS.escape(home.id)}` : data ? `#${CSS.escape(home.id)} [${data.name}="${CSS.escape(data.value)}"]` : "";
  });
  const refocus = () => {
    if (!focused || focused.isConnected) return;
    focused = null;
    if (twin && document.activeElement === document.body) document.querySelector(twin)?.focus({ preventScroll: true });
  };
  document.addEventListener("input", ({ target }) => {
    // Gradio's own event of a text field misses what is pasted or deleted
    if (target.closest("#class-names")) document.querySelector("#names-edited").click();
  });
  document.addEventListener("input", ({ target }) => {
    // before Gradio hears of it: what is drawn for this turn, or an earlier one, is not what the control says now
    dim(target);
    if (target.type !== "range" || window.passed === window.turn) return;
    window.passed = window.turn;
    document.querySelector("#overtake").click();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (!("present" in root.dataset) || event.target.matches("input, [role=slider]")) return;
    if (event.key === "Escape") present(false);
    const by = TURNS[event.key];
    if (by) document.querySelector(`#card-${Number(root.dataset.step || 1) + by}`)?.click();
    if (by) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    // A menu's open list scrolls, so the browser stops there, the list closes, and the focus is nowhere.
    document.querySelectorAll("ul.options, .option-list").forEach((list) => (list.tabIndex = -1));
    // Gradio's menus open their list a moment after any key but Escape, also the one that has left them: for good then.
    if (event.target.matches("[role=combobox]")) event.stopPropagation();
  }, true);
  const keep = (asked) => {
    const link = new URL(asked.link, location.href);
    navigator.clipboard?.writeText(link.href).catch(() => {});
    const theme = new URL(location.href).searchParams.get("__theme");
    if (theme) link.searchParams.set("__theme", theme);
    query = link.search;
    address();
  };
  const unlink = () => {
    const theme = new URL(location.href).searchParams.get("__theme");
    query = theme ? `?${new URLSearchParams({ __theme: theme })}` : "";
    address();
  };
  const unnest = () => {
    // the head of one of Gradio's toasts, which folds it, is a button around the one that closes it
    document.querySelectorAll(".toast-header[role=button]").forEach((head) => ["role", "tabindex"].forEach((name) => head.removeAttribute(name)));
    // and the button that takes more files lies in another, whose name is lost
    document.querySelectorAll("#batch-files button[aria-label='common.upload']").forEach((outer) => {
      const inner = outer.querySelector("button");
      outer.title = inner.ariaLabel;
      outer.ariaLabel = inner.ariaLabel;
      inner.inert = true; // the outer one presses it
      outer.addEventListener("click", ({ target }) => {
        if (inner.contains(target)) return;
        inner.inert = false;
        inner.click();
        inner.inert = true;
      });
    });
  };
  const mended = () => {
    const said = document.querySelector("#status [data-tone]");
    if (said?.dataset.tone === "bad") complaint = said.textContent.trim();
    if (!complaint || said?.dataset.tone !== "calm") return;
    document.querySelectorAll("[data-testid=toast-body]").forEach((toast) => {
      if (toast.textContent.includes(complaint)) toast.querySelector("[data-testid=toast-close]")?.click();
    });
    complaint = "";
  };
  const go = ({ go: step, story, walk: slowly, ...said }) => {
    if (slowly) walk(2, Number(step), said);
    else if (following || story !== "1") open(step, story === "1");
  };
  const press = (id) => setTimeout(() => document.getElementById(id).click()); // what came with the wish is there by then
  const heed = (selector, turn, act) => {
    const asked = document.querySelector(selector)?.dataset;
    if (!asked?.[turn] || asked[turn] === heeded[selector]) return;
    heeded[selector] = asked[turn];
    act(asked);
  };
  new MutationObserver(() => {
    refocus();
    mended();
    heed("#nudge [data-nudge]", "nudge", () => press("draw"));
    heed("#status [data-link]", "turn", keep);
    heed("#unlink [data-unlink]", "unlink", unlink);
    heed("#drawn-turn [data-drawn]", "drawn", undim);
    heed("#status [data-press]", "turn", (asked) => press(asked.press));
    heed("#journey [data-go]", "turn", go);
    if (document.querySelector("#card-6.done")) root.dataset.newer = ""; // a result: what was there before the page was loaded is the last no longer
    unnest();
    mark();
  }).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-turn", "data-nudge", "data-unlink", "data-drawn", "data-tone"] });
})();
