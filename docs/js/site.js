// What the theme makes in the page, for readers who use a keyboard or hear it: tables that scroll take the focus, and the
// buttons of a code block are no landmark.
const amend = () => {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) table.tabIndex = 0;
  for (const buttons of document.querySelectorAll(".md-code__nav:not([role])")) buttons.setAttribute("role", "none");
};
new MutationObserver(amend).observe(document.documentElement, { childList: true, subtree: true });
