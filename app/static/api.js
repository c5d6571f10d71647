// Leaves out of “Use via API” what Gradio says of every argument, that it is the input of a component of its name.
(() => {
  const opened = document.getElementsByClassName("api-docs");
  const said = /^\s*The input value that is provided in the "[^"]*" Argument\s+component\.\s*/;
  new MutationObserver(() => {
    if (!opened.length) return;
    opened[0].querySelectorAll(".desc").forEach(({ firstChild: words }) => {
      if (words && said.test(words.data)) words.data = words.data.replace(said, "");
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
