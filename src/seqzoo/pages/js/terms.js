// Definitions, which CSS shows at hover and focus: here touch opens them, Escape closes them, and they stay on the page.
(() => {
  const EDGE = 12;
  const term = (event) => event.target.closest?.(".term");

  function place(element) {
    element.classList.remove("dismissed");
    const box = element.querySelector(".definition");
    box.style.left = "0px";
    const { left, right } = box.getBoundingClientRect();
    const beyond = right + EDGE - document.documentElement.clientWidth;
    if (beyond > 0) box.style.left = `${-Math.min(beyond, left - EDGE)}px`;
  }

  document.addEventListener("pointerover", (event) => {
    const element = term(event);
    if (element && !element.contains(event.relatedTarget)) place(element);
  });
  document.addEventListener("focusin", (event) => term(event) && place(term(event)));
  document.addEventListener("click", (event) => term(event)?.focus()); // some browsers do not focus a tapped element
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const element of document.querySelectorAll(".term:hover, .term:focus")) element.classList.add("dismissed");
  });
})();
