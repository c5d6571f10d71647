"""A press on one tile of a drawn grid, told to the server by the tile's number."""

PICK = """element.addEventListener('click', (event) => {
  const tile = event.target.closest('[data-index]');
  if (tile) trigger('click', {index: Number(tile.dataset.index)});
});"""
