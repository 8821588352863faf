// The guided tours: what a stop mentions is outlined and scrolled into view, a guess reveals it, progress is kept here.
(() => {
  const KEY = "seqzoo.tours";
  const root = document.documentElement;
  const text = () => document.querySelector(".tour-text");

  function kept() {
    try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; } // storage may be off
  }

  function keep(tour, stop) {
    const all = kept();
    all[tour] = [...new Set([...(Array.isArray(all[tour]) ? all[tour] : []), stop])];
    try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* the tour works without */ }
  }

  function tell() {
    const all = kept();
    for (const card of document.querySelectorAll(".tours li[data-tour]")) {
      const seen = Array.isArray(all[card.dataset.tour]) ? all[card.dataset.tour] : [];
      const stops = card.dataset.stops.split(",").map(Number);
      const done = stops.filter((stop) => seen.includes(stop)).length;
      const checked = seen.includes(Number(card.dataset.check)) ? ", check done" : "";
      const words = seen.length ? `${done} of ${stops.length} stops answered${checked}` : "";
      const place = card.querySelector(".tour-progress");
      if (place.textContent !== words) place.textContent = words;
      const link = card.querySelector("[readonly]");
      if (!link.value) link.value = new URL(link.dataset.href, document.baseURI).href;
    }
  }

  /** Of links to stops, those that the address names in `stops`, as a teacher's link does; all of them if it names none. */
  function chosenOf(links) {
    const named = new URLSearchParams(location.search).get("stops")?.split(",") ?? [];
    const some = links.filter((link) => named.includes(link.dataset.stop));
    const stops = some.length ? some : links;
    const choice = some.length ? `&stops=${some.map((link) => link.dataset.stop).join(",")}` : "";
    return { stops, hrefOf: (link) => link.href + choice };
  }

  /** Says which of the stops this one is, and links to those before and after it. */
  function lead() {
    const place = text();
    if (!place || place.dataset.led) return;
    place.dataset.led = "1";
    const at = Number(place.dataset.stop);
    const links = [...place.querySelectorAll(".tour-way a")];
    const check = links.pop();
    const { stops, hrefOf } = chosenOf(links);
    const [before, after] = [(link) => link.dataset.stop < at, (link) => link.dataset.stop > at];
    const number = Math.max(1, stops.filter((link) => link.dataset.stop <= at).length);
    place.querySelector(".tour-head .hint").textContent = at < check.dataset.stop ? `step ${number} of ${stops.length}` : "check";
    const onward = place.querySelector(".buttons .primary");
    const [back, next] = [stops.findLast(before), [...stops, check].find(after)];
    if (back) onward.before(Object.assign(document.createElement("a"), { className: "button", textContent: "Back", href: hrefOf(back) }));
    if (next) Object.assign(onward, { textContent: "Next", href: hrefOf(next) });
  }

  let scrolls = true; // until the visitor moves the page

  function stage() {
    tell();
    lead();
    const shows = JSON.parse(text()?.dataset.shows ?? "[]");
    const targets = shows.map((selector) => [...document.querySelectorAll(selector)].find((one) => one.closest(".tour-phases, [role=tabpanel]:not(.gone), #view")));
    // until the view has drawn them: a microscope that is hidden does not draw
    if (!targets.length || targets.some((one) => !one || one.matches(":empty:not(canvas)") || one.getBoundingClientRect().height < 20)) return;
    for (const old of document.querySelectorAll("[data-target]")) if (!targets.includes(old)) old.removeAttribute("data-target");
    for (const one of targets) if (!one.hasAttribute("data-target")) one.setAttribute("data-target", "");
    root.toggleAttribute("data-guess", text().dataset.hides === "1" && !root.hasAttribute("data-told")); // the microscope hides its forecast
    const hidden = text().dataset.hides === "1" ? targets.at(-1) : null;
    for (const one of targets) if (one.hasAttribute("data-hidden") !== (one === hidden)) one.toggleAttribute("data-hidden", one === hidden);
    if (!root.hasAttribute("data-staged")) root.setAttribute("data-staged", "");
    if (!scrolls) return;
    const headed = (one) => [one, one.parentElement].map((part) => part.previousElementSibling).find((part) => part?.matches(".mz-head, .pv-legend")) ?? one;
    const top = Math.min(...targets.map((one) => headed(one).getBoundingClientRect().top));
    if (Math.abs(top - 14) > 1) scrollTo({ top: scrollY + top - 14, behavior: "instant" });
  }

  function choose(button) {
    const guess = button.closest(".tour-guess");
    const { tour, stop } = text().dataset;
    const isRight = button.dataset.right === "1";
    const verdict = guess.querySelector(".tour-verdict");
    verdict.textContent = isRight ? `Right: ${verdict.dataset.right}.` : `You guessed: ${button.textContent}. The answer: ${verdict.dataset.right}.`;
    guess.setAttribute("data-told", "");
    guess.querySelector(".tour-says").hidden = false;
    guess.querySelector(".tour-says").focus({ preventScroll: true });
    if (guess.dataset.kind === "stop") {
      root.setAttribute("data-told", "");
      root.removeAttribute("data-guess");
      keep(tour, Number(stop));
    } else if (!text().querySelector(".tour-guess:not([data-told])")) {
      text().querySelector(".tour-next").hidden = false;
      keep(tour, Number(stop));
    }
  }

  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.(".tour .choice");
    if (choice) choose(choice);
    const whole = event.target.closest?.(".tour-whole");
    if (whole) {
      scrolls = false;
      whole.setAttribute("aria-pressed", String(root.toggleAttribute("data-whole")));
      document.querySelector("[data-target]")?.scrollIntoView({ block: "start", behavior: "instant" });
    }
  });
  document.addEventListener("change", (event) => {
    const link = event.target.closest?.(".tour-link");
    if (!link || event.target.type !== "checkbox") return;
    const boxes = [...link.querySelectorAll("[type=checkbox]")];
    const stops = boxes.filter((box) => box.checked).map((box) => box.value);
    const some = stops.length && stops.length < boxes.length ? `?stops=${stops.join(",")}` : "";
    const field = link.querySelector("[readonly]");
    field.value = new URL(field.dataset.href, document.baseURI).href + some;
  });
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(kind, (event) => { if (!event.target.closest?.(".tour")) scrolls = false; }, { passive: true });
  }
  const list = document.querySelector(".tour-list"); // the page of a tour, which leads to a stop of it
  if (list) {
    const links = [...list.querySelectorAll("a")];
    const { stops, hrefOf } = chosenOf(links);
    const step = new URLSearchParams(location.search).get("step");
    location.replace(hrefOf(links.find((link) => link.dataset.stop === step) ?? stops[0]));
  }
  let asked = 0;
  const soon = () => { asked ||= requestAnimationFrame(() => { asked = 0; stage(); }); };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  new ResizeObserver(soon).observe(document.body);
  addEventListener("resize", soon);
  soon();
})();
