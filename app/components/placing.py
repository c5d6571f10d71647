"""A press on the picture of the change, told to the server by how far across and down it was, shares of the side."""

PLACE = """document.addEventListener('click', (event) => {
  const picture = event.target.closest('#perturbation img');
  if (!picture) return;
  const box = picture.getBoundingClientRect();
  trigger('click', {across: (event.clientX - box.left) / box.width, down: (event.clientY - box.top) / box.height});
});"""
