// Lifts the veil of a map where somebody points, by mouse or finger, so that the picture shows through, and tells the
// value of the cell there below the map.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const REACH = 0.13; // of the side of what the model sees: how far around the pointer the veil is lifted
  let lifted = null;
  let count = 0;
  const drop = () => {
    if (!lifted) return;
    lifted.veil.removeAttribute("clip-path");
    lifted.clip.remove();
    if (lifted.line) lifted.line.nodeValue = lifted.said;
    lifted = null;
  };
  const lift = (seen) => {
    drop();
    const clip = document.createElementNS(SVG, "clipPath");
    clip.id = `veil-${(count += 1)}`;
    const path = clip.appendChild(document.createElementNS(SVG, "path"));
    path.setAttribute("clip-rule", "evenodd");
    seen.append(clip);
    const veil = seen.querySelector(".veil");
    veil.setAttribute("clip-path", `url(#${clip.id})`);
    const line = seen.closest(".map").querySelector(":scope > .fine")?.firstChild;
    lifted = { seen, veil, clip, path, line, said: line?.nodeValue };
  };
  const follow = (event) => {
    const seen = event.target.closest?.(".map .seen");
    if (!seen) return drop();
    if (lifted?.seen !== seen) lift(seen);
    const { width, height } = seen.viewBox.baseVal;
    const across = seen.width.baseVal.value / width;
    const down = seen.height.baseVal.value / height;
    const box = seen.querySelector(".veil > image").getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    const radius = REACH * Math.max(width * across, height * down);
    const [rx, ry] = [radius / across, radius / down];
    lifted.path.setAttribute(
      "d", `M0 0H${width}V${height}H0ZM${x - rx} ${y}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0Z`,
    );
    const columns = Math.round(width / 10);
    const cell = Math.min(Math.floor(y / 10), Math.round(height / 10) - 1) * columns + Math.min(Math.floor(x / 10), columns - 1);
    const title = seen.querySelector(`[data-cell="${cell}"] > title`);
    if (lifted.line && title) lifted.line.nodeValue = title.textContent;
  };
  document.addEventListener("pointermove", follow, { passive: true });
  document.addEventListener("pointerdown", follow, { passive: true });
})();
