"""Cells of a picture that a press, a drag or the keyboard marks; the server hears all of them as one text.

What is marked is known here first. The server's own word, in `data-cells`, counts where it is no late answer to what
was sent from here. Where only the picture below is another, Gradio patches the cells in place and takes their classes
away: they are drawn anew.
"""

MARK = """
let known = null, marks = [], sent = [], at = -1, brush = null;
const root = () => element.querySelector('.marking');
const sizes = () => ['rows', 'columns'].map((name) => Number(root().dataset[name]));
const field = () => element.querySelector('.marking-field');
const cells = () => [...field().querySelectorAll('i')];
const written = () => {
  const [rows, columns] = sizes(), digits = Math.ceil(columns / 4), lines = [];
  for (let row = 0; row < rows; row += 1) {
    const bits = marks.slice(row * columns, (row + 1) * columns).map((mark) => (mark ? '1' : '0')).join('');
    lines.push(parseInt(bits, 2).toString(16).padStart(digits, '0'));
  }
  return `${rows}x${columns}:${lines.join('.')}`;
};
const read = (text) => {
  const [, columns] = sizes();
  return text.split(':')[1].split('.').flatMap((line) => [...parseInt(line, 16).toString(2).padStart(columns, '0')]
    .map((bit) => bit === '1'));
};
const draw = () => {
  if (!root() || !root().dataset.cells) return;
  const shown = root().dataset.cells;
  if (shown !== known) {
    known = shown;
    const place = sent.indexOf(shown);
    if (place >= 0) sent = sent.slice(place + 1);
    else [sent, marks] = [[], read(shown)];
  }
  cells().forEach((cell, place) => {
    cell.classList.toggle('off', !marks[place]);
    cell.classList.toggle('at', place === at);
  });
};
const said = (place) => {
  const [, columns] = sizes(), line = element.querySelector('.marking-at');
  const words = marks[place] ? root().dataset.on : root().dataset.off;
  line.textContent = words.replace('{row}', Math.floor(place / columns) + 1).replace('{column}', place % columns + 1);
};
const under = (event) => {
  const [rows, columns] = sizes(), box = field().getBoundingClientRect();
  const down = Math.floor((event.clientY - box.top) / box.height * rows);
  const across = Math.floor((event.clientX - box.left) / box.width * columns);
  return down >= 0 && down < rows && across >= 0 && across < columns ? down * columns + across : -1;
};
const send = () => {
  const text = written();
  sent.push(text);
  trigger('click', {cells: text});
};
const paint = (place) => {
  if (place < 0) return;
  at = place;
  marks[place] = brush;
  draw();
};
element.addEventListener('pointerdown', (event) => {
  if (!event.target.closest('.marking-field') || event.button) return;
  const place = under(event);
  if (place < 0) return;
  field().setPointerCapture(event.pointerId);
  brush = !marks[place];
  paint(place);
});
element.addEventListener('pointermove', (event) => {
  if (brush !== null) for (const one of event.getCoalescedEvents?.() || [event]) paint(under(one));
});
const end = () => {
  if (brush === null) return;
  brush = null;
  send();
};
for (const name of ['pointerup', 'pointercancel']) element.addEventListener(name, end);
element.addEventListener('focusin', (event) => {
  if (event.target !== field() || !event.target.matches(':focus-visible')) return;
  at = Math.max(at, 0);
  draw();
  said(at);
});
element.addEventListener('focusout', () => { at = -1; draw(); });
element.addEventListener('keydown', (event) => {
  if (event.target !== field() || event.ctrlKey || event.altKey || event.metaKey) return;
  const [rows, columns] = sizes();
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  at = Math.max(at, 0);
  if (step) {
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    at = within(Math.floor(at / columns) + step[0], rows) * columns + within(at % columns + step[1], columns);
  } else if (event.key === ' ' || event.key === 'Enter') {
    marks[at] = !marks[at];
    send();
  } else return;
  event.preventDefault();
  event.stopPropagation();
  draw();
  said(at);
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) trigger('click', {wish: button.dataset.do});
});
new MutationObserver(draw).observe(element, {childList: true, subtree: true, attributeFilter: ['data-cells', 'class']});
draw();"""
