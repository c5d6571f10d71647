// Lifts the veil of a map where somebody points, by mouse or finger, so that the picture shows through, and tells the
// value of the cell there below the map.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const REACH = 0.13; // of the side of what the model sees: how far around the pointer the veil is lifted
  let lifted = null;
  let count = 0;
  const drop = () => {
    if (!lifted) return;
    lifted.veil.removeAttribute("mask");
    lifted.mask.remove();
    if (lifted.note) lifted.note.textContent = lifted.note.dataset.rest; // not what it said before: it may be drawn anew
    lifted = null;
  };
  const lift = (seen) => {
    drop();
    const mask = document.createElementNS(SVG, "mask"); // a clip would take presses away from the cells below it
    mask.id = `veil-${(count += 1)}`;
    mask.setAttribute("maskUnits", "userSpaceOnUse");
    const [all, hole] = ["rect", "ellipse"].map((shape) => mask.appendChild(document.createElementNS(SVG, shape)));
    all.setAttribute("width", "100%");
    all.setAttribute("height", "100%");
    all.setAttribute("fill", "#fff");
    seen.append(mask);
    const veil = seen.querySelector(".veil");
    veil.setAttribute("mask", `url(#${mask.id})`);
    const note = seen.closest(".map").querySelector(":scope > [data-rest]");
    const values = seen.querySelector("[data-values]")?.dataset.values.split(" "); // of a thumbnail, which has no cells
    lifted = { seen, veil, mask, hole, note, values };
  };
  const follow = (event) => {
    const seen = event.target.closest?.(".map .seen");
    if (!seen) return drop();
    if (lifted?.seen !== seen) lift(seen);
    const { width, height } = seen.viewBox.baseVal;
    const across = seen.width.baseVal.value / width;
    const down = seen.height.baseVal.value / height;
    const box = seen.querySelector(".veil > :first-child").getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    const radius = REACH * Math.max(width * across, height * down);
    const ellipse = { cx: x, cy: y, rx: radius / across, ry: radius / down };
    for (const [name, value] of Object.entries(ellipse)) lifted.hole.setAttribute(name, value);
    const columns = Math.round(width / 10);
    const cell = Math.min(Math.floor(y / 10), Math.round(height / 10) - 1) * columns + Math.min(Math.floor(x / 10), columns - 1);
    const value = lifted.values ? `here ${lifted.values[cell]}` : seen.querySelector(`[data-cell="${cell}"] > title`)?.textContent;
    if (lifted.note && value) lifted.note.textContent = value;
  };
  document.addEventListener("pointermove", follow, { passive: true });
  document.addEventListener("pointerdown", follow, { passive: true });
})();
