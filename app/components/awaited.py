"""What is sent once it is all but in sight: a place that says `data-awaited` asks the server for what belongs there."""

AWAIT = """{
  let near = false;
  const ask = () => {
    if (near && element.querySelector('[data-awaited]')) trigger('expand');
  };
  const see = (all) => {
    near = all.at(-1).isIntersecting;
    ask();
  };
  new IntersectionObserver(see, {rootMargin: '100%'}).observe(element); // a screen ahead; of a closed step, never
  new MutationObserver(ask).observe(element, {childList: true, subtree: true});
}
"""
