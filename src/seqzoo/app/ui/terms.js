// Definitions, which CSS shows at hover and focus: here touch opens them, Escape closes them, and they stay on the page.
(() => {
  const EDGE = 12;
  const term = (event) => event.target.closest?.(".term");

  function place(shown) {
    shown.classList.remove("dismissed");
    const box = shown.querySelector(".definition");
    box.style.left = "0px";
    const { left, right } = box.getBoundingClientRect();
    const beyond = right + EDGE - document.documentElement.clientWidth;
    if (beyond > 0) box.style.left = `${-Math.min(beyond, left - EDGE)}px`;
  }

  document.addEventListener("pointerover", (event) => {
    const shown = term(event);
    if (shown && !shown.contains(event.relatedTarget)) place(shown);
  });
  document.addEventListener("focusin", (event) => term(event) && place(term(event)));
  document.addEventListener("click", (event) => term(event)?.focus()); // not every browser focuses what is tapped
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const shown of document.querySelectorAll(".term:hover, .term:focus")) shown.classList.add("dismissed");
  });
})();
