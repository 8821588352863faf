// The gallery of the site: rows of toggles that leave some cards in sight; the address holds what is chosen.
const kinds = ["architecture", "signal"];
const rows = Object.fromEntries(kinds.map((kind) => [kind, document.querySelector(`.filters [data-kind="${kind}"]`)]));
const nothing = document.querySelector(".nothing");

/** Shows what the address asks for. */
function apply() {
  const query = new URLSearchParams(location.search);
  const chosen = Object.fromEntries(kinds.map((kind) => [kind, query.get(kind) ?? ""]));
  for (const kind of kinds) {
    for (const chip of rows[kind].querySelectorAll(".chip")) chip.ariaPressed = String(chip.dataset.key === chosen[kind]);
  }
  const isAsked = kinds.some((kind) => chosen[kind]);
  let left = 0;
  for (const shelf of document.querySelectorAll(".shelf")) {
    const cards = [...shelf.querySelectorAll(".model-card")];
    const fitting = cards.filter((card) => kinds.every((kind) => !chosen[kind] || card.dataset[kind] === chosen[kind]));
    for (const card of cards) card.classList.toggle("gone", !fitting.includes(card));
    shelf.classList.toggle("gone", !fitting.length);
    const head = shelf.querySelector("[data-of]");
    if (head) head.textContent = `${fitting.length} ${head.dataset.of}`;
    if (shelf.matches("details")) shelf.open = isAsked;
    left += fitting.length;
  }
  nothing.classList.toggle("gone", left > 0);
}

for (const kind of kinds) {
  rows[kind].addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    if (!chip) return;
    const query = new URLSearchParams(location.search);
    if (chip.dataset.key) query.set(kind, chip.dataset.key);
    else query.delete(kind);
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    apply();
  });
}
if (kinds.some((kind) => new URLSearchParams(location.search).get(kind))) apply();
