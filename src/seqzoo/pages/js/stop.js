// A stop of a tour in the site: the text that the address names, docked beside the page of a model or the page Train.

import { styled } from "../../microscope/hosts/fetched.js";

/** Shows the stop of the address, if it names one. `at` makes an address of the page absolute. */
export async function dock(page, at) {
  const query = new URLSearchParams(location.search);
  const key = query.get("tour") ?? "";
  if (!/^[a-z]+$/.test(key)) return;
  const answer = await fetch(at(`${page.dataset.tours}${key}.json`));
  if (!answer.ok) return; // there is no such tour
  const { stops, phases } = await answer.json();
  await styled(new URL("staged.css", import.meta.url).href);
  const asked = query.get("stop") ?? "";
  const stop = Object.hasOwn(stops, asked) ? stops[asked] : Object.values(stops)[0];
  const section = Object.assign(document.createElement("section"), { className: "tour", ariaLabel: "Guided tour", innerHTML: stop.html });
  for (const link of section.querySelectorAll("a")) link.href = new URL(link.getAttribute("href"), answer.url).href;
  page.before(section);
  if (stop.phases) page.prepend(Object.assign(document.createElement("div"), { className: "tour-phases", innerHTML: phases }));
  await import("./tours.js");
}
