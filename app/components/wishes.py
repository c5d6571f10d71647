"""A press on a button of a drawn line, told to the server by what the button is to do."""

WISH = """element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) trigger('click', {wish: button.dataset.do});
});"""
