// A tour in short pages: each opens a step, points at a part of it and, when it is left, may press a button of the page.
(() => {
  const pages = JSON.parse(document.querySelector("#tour-pages")?.textContent || "[]");
  let place = -1;
  let card = null;
  let still = true;
  const find = (selector) => (selector ? document.querySelector(selector) : null);
  const set = (selector, value) => {
    const field = find(`${selector} input[type=number]`);
    if (!field) return;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, value);
    for (const kind of ["input", "change", "blur"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  };
  const sheet = document.head.appendChild(document.createElement("style")); // a rule outlives every redrawing of its part
  const bring = () => {
    const part = find(pages[place]?.at);
    if (part && still) part.scrollIntoView({ block: part.offsetHeight < window.innerHeight / 2 ? "nearest" : "start" });
  };
  const grown = new ResizeObserver(bring); // results come in: what is described stays in sight until the visitor scrolls
  for (const kind of ["wheel", "touchmove"]) document.addEventListener(kind, () => (still = false), { passive: true });
  const mark = () => {
    const at = pages[place]?.at;
    sheet.textContent = at ? `${at} { outline: 3px solid var(--accent); outline-offset: 6px; border-radius: 8px; }` : "";
    still = true;
    bring();
  };
  const close = () => {
    place = -1;
    mark();
    card.remove();
    grown.disconnect();
    card = null;
    find("#tour")?.focus();
  };
  const act = (page) => {
    for (const [selector, value] of page.set || []) set(selector, value);
    if (page.press) setTimeout(() => find(page.press)?.click(), page.set ? 600 : 0);
  };
  const go = (to) => {
    if (to >= pages.length) return close();
    const forward = to > place;
    place = to;
    const page = pages[place];
    if (page.step) find(`#card-${page.step}`)?.click();
    if (forward) act(page);
    card.querySelector("b").textContent = page.title;
    card.querySelector("p").textContent = page.text;
    card.querySelector("small").textContent = `${place + 1} / ${pages.length}`;
    card.querySelector("[data-go='-1']").disabled = place === 0;
    card.querySelector("[data-go='1']").textContent = page.next;
    setTimeout(mark, 300);
  };
  const begin = () => {
    if (card) return go(0);
    document.body.insertAdjacentHTML("beforeend", find("#tour-pages").dataset.card);
    card = document.body.lastElementChild;
    card.addEventListener("click", (event) => {
      const asked = event.target.closest("[data-go]")?.dataset.go;
      if (asked === "0") close();
      else if (asked) go(place + Number(asked));
    });
    grown.observe(find("#story"));
    go(0);
    card.querySelector("[data-go='1']").focus();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#tour")) begin();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && card) close();
  });
})();
