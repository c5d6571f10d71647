"""A drawing of all layers that the browser shows one of: a slider moves through them without asking the server.

What belongs to a layer has the classes `of-layer` and `of-layer-N`; grids are painted on their canvases. The server
hears which patch is pressed.
"""

SCRUB = """const FIRST = 0x4e00; // the sign of the first of the words
const rule = document.head.appendChild(document.createElement('style'));
let layer = 0, at = -1, alone = null; // 0: the last layer
const field = () => element.querySelector('.lens');
const size = (name) => [name, Number(field().dataset[name])];
const sizes = () => Object.fromEntries(['rows', 'columns', 'layers', 'named', 'signs'].map(size));
const current = (layers) => (layer > 0 && layer <= layers ? layer : layers);
const place = (canvas, cell) => {
  const {rows, columns, layers} = sizes();
  return (current(layers) - 1) * rows * columns + cell;
};
const word = (canvas, cell) => canvas.dataset.words.charCodeAt(place(canvas, cell)) - FIRST;
const CORNERS = [[0, -1], [1, 0], [0, 1], [-1, 0]];
const SHAPES = [
  (pen, x, y, r) => pen.arc(x, y, r, 0, 2 * Math.PI),
  (pen, x, y, r) => CORNERS.forEach(([across, down]) => pen.lineTo(x + 1.2 * r * across, y + 1.2 * r * down)),
];
const square = (pen, x, y, r) => pen.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
const paint = (canvas) => {
  const {rows, columns, named, signs} = sizes(), pen = canvas.getContext('2d'), side = canvas.width / columns;
  const look = getComputedStyle(field()), colour = (name) => look.getPropertyValue('--' + name);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (let cell = 0; cell < rows * columns; cell += 1) {
    const kind = word(canvas, cell), lead = Number(canvas.dataset.leads[place(canvas, cell)]);
    const x = (cell % columns + 0.5) * side, y = (Math.floor(cell / columns) + 0.5) * side;
    pen.globalAlpha = alone === null || alone === Math.min(kind, named) ? 1 : 0.12;
    pen.fillStyle = colour(kind < named ? 'read-' + kind : 'read-other');
    pen.strokeStyle = colour('panel');
    pen.lineWidth = side / 14;
    pen.beginPath();
    (kind < signs ? SHAPES[kind] : square)(pen, x, y, side * (0.16 + 0.32 * lead / 9));
    pen.closePath();
    pen.fill();
    pen.stroke();
    if (cell !== at) continue;
    pen.globalAlpha = 1;
    pen.strokeStyle = colour('ink');
    pen.lineWidth = side / 8;
    pen.strokeRect(x - 0.46 * side, y - 0.46 * side, 0.92 * side, 0.92 * side);
  }
};
const draw = () => {
  if (!field()) return;
  const now = current(sizes().layers);
  const said = `.of-layer:not(.of-layer-${now}) { display: none; }`;
  if (rule.textContent !== said) rule.textContent = said;
  element.querySelector('input[type=range]').value = now;
  element.querySelectorAll('canvas').forEach(paint);
};
const under = (event) => {
  const {rows, columns} = sizes(), box = event.target.getBoundingClientRect();
  const within = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  const row = within((event.clientY - box.top) / box.height, rows);
  return row * columns + within((event.clientX - box.left) / box.width, columns);
};
const press = (cell) => {
  at = cell;
  draw();
  trigger('click', {cell});
};
element.addEventListener('input', (event) => {
  if (event.target.type !== 'range') return;
  event.stopPropagation(); // no control of the page: nothing is asked
  layer = Number(event.target.value);
  draw();
});
element.addEventListener('click', (event) => {
  if (event.target.matches('canvas')) press(under(event));
});
element.addEventListener('pointermove', (event) => {
  const {target} = event;
  if (!target.matches('canvas')) return;
  const cell = under(event), {columns} = sizes(), {cellSaid, names} = field().dataset;
  const said = {row: Math.floor(cell / columns) + 1, column: cell % columns + 1};
  said.name = names.split('|')[word(target, cell)];
  target.title = cellSaid.replace(/{(\\w+)}/g, (_, name) => said[name]);
});
const STEPS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
element.addEventListener('keydown', (event) => {
  const step = STEPS[event.key];
  if (!step || !event.target.matches('canvas')) return;
  event.preventDefault();
  if (at < 0) return press(0);
  const {rows, columns} = sizes(), within = (value, count) => Math.min(count - 1, Math.max(0, value));
  press(within(Math.floor(at / columns) + step[0], rows) * columns + within(at % columns + step[1], columns));
});
const point = (event) => {
  const key = event.target.closest?.('[data-word]');
  const now = key && event.type !== 'pointerout' && event.type !== 'focusout' ? Number(key.dataset.word) : null;
  if (now === alone) return;
  alone = now;
  draw();
};
for (const kind of ['pointerover', 'pointerout', 'focusin', 'focusout']) element.addEventListener(kind, point);
const opened = document.querySelector('#lens-patch');
const follow = () => {
  at = Number(opened.querySelector('[data-cell]')?.dataset.cell ?? -1);
  draw();
};
const kept = ['data-words', 'data-leads', 'data-names', 'data-cell'];
const drawn = {childList: true, subtree: true, attributeFilter: kept};
new MutationObserver(draw).observe(element, drawn);
new MutationObserver(follow).observe(opened, drawn);
new MutationObserver(draw).observe(document.body, {attributeFilter: ['class']}); // dark or light
follow();"""

BACK = """element.addEventListener('click', (event) => {
  if (event.target.closest('[data-back]')) trigger('click', {cell: -1});
});"""
