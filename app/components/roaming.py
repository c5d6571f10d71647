"""Tiles of a mosaic, told of one at a time: by a pointer that hovers, by a tap, by arrow keys.

A press on the tile that is told of opens it: so a mouse opens at the first press and a finger at the second, and so do
the key Enter and the button below. The server hears the tile's number.
"""

ROAM = """let at = null;
const field = () => element.querySelector('.mosaic');
const tiles = () => [...field().querySelectorAll('.specks i')];
const answer = (said) => {
  const line = document.createElement('span');
  for (const word of said.split(' ')) {
    const starred = word.startsWith('*');
    const piece = document.createElement(starred ? 'em' : 'span');
    if (starred) piece.className = 'differs';
    piece.textContent = starred ? word.slice(1) : word;
    line.append(piece, ' ');
  }
  return line;
};
const judged = (name, said, good) => {
  const line = document.createElement('span');
  const title = document.createElement('b');
  title.textContent = name + ' ';
  const mark = document.createElement('span');
  mark.className = said ? 'bad' : 'good';
  mark.textContent = said ? '\\u2717 ' : '\\u2713 ' + good;
  line.append(title, mark);
  if (said) line.append(answer(said));
  return line;
};
const tell = (tile) => {
  if (!tile || tile === at) return;
  if (at) at.classList.remove('at');
  at = tile;
  tile.classList.add('at');
  const {dataset} = field();
  const number = Number(tile.dataset.n);
  const of = (name) => dataset[name].split('|');
  const [left, right] = of('names');
  const truth = document.createElement('span');
  truth.textContent = dataset.tile.replace('#', number).replace('@', of('truths')[number]);
  element.querySelector('.mosaic-about').replaceChildren(
    truth, judged(left, of('left')[number], dataset.good), judged(right, of('right')[number], dataset.good),
  );
  const open = element.querySelector('.mosaic-open');
  open.textContent = dataset.open.replace('#', number);
  open.hidden = false;
};
const open = () => {
  if (!at || !at.isConnected) return;
  trigger('click', {number: Number(at.dataset.n)});
  window.scrollTo(0, 0); // its story begins above; what is at the top sticks there, and is always in view
};
const beside = (down) => {
  const here = at.getBoundingClientRect();
  const rows = tiles().map((tile) => [tile, tile.getBoundingClientRect()]);
  const ahead = rows.filter(([, box]) => (down ? box.top > here.top + 1 : box.top < here.top - 1));
  if (!ahead.length) return at;
  const row = down ? Math.min(...ahead.map(([, box]) => box.top)) : Math.max(...ahead.map(([, box]) => box.top));
  const near = ahead.filter(([, box]) => Math.abs(box.top - row) < 1);
  const far = ([, box]) => Math.abs(box.left - here.left);
  return near.reduce((best, one) => (far(one) < far(best) ? one : best))[0];
};
const GO = {
  ArrowRight: (all, place) => all[Math.min(place + 1, all.length - 1)],
  ArrowLeft: (all, place) => all[Math.max(place - 1, 0)],
  ArrowDown: () => beside(true), ArrowUp: () => beside(false),
  Home: (all) => all[0], End: (all) => all[all.length - 1],
};
element.addEventListener('pointerover', (event) => {
  if (event.pointerType === 'mouse') tell(event.target.closest('.specks i'));
});
element.addEventListener('focusin', (event) => {
  if (event.target === field() && event.target.matches(':focus-visible') && !(at && at.isConnected)) tell(tiles()[0]);
});
element.addEventListener('click', (event) => {
  const tile = event.target.closest('.specks i');
  if (event.target.closest('.mosaic-open') || (tile && tile === at)) open();
  else tell(tile);
});
element.addEventListener('keydown', (event) => {
  if (event.target !== field() || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = tiles();
  if (event.key === 'Enter' || event.key === ' ') open();
  else if (GO[event.key] && all.length) {
    tell(at && at.isConnected ? GO[event.key](all, all.indexOf(at)) : all[0]);
    at.scrollIntoView({block: 'nearest'});
  } else return;
  event.preventDefault();
  event.stopPropagation();
});"""
