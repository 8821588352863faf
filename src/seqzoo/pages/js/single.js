// A page of the site with one view: facts from a file beside the page, and the state of the view in the address.
import { fetched } from "../../microscope/hosts/fetched.js";
import { coreOfPage } from "../../microscope/js/core.js";
import { dock } from "./stop.js";

const place = document.getElementById("view");
const { facts, module, run, core } = JSON.parse(place.dataset.page);
const at = (address) => new URL(address, document.baseURI).href;
const OF_THE_TOUR = ["tour", "stop", "stops"]; // keys of the address that the view does not know
const followers = new Map();
const query = () => [...new URLSearchParams(location.search)];

try {
  const [text, ways] = await Promise.all([fetched(at(facts)), import(at(module))]);
  const known = JSON.parse(new TextDecoder().decode(text));
  place.replaceChildren();
  place.classList.remove("skeleton");
  ways[run](place, {
    get: (name) => (name === "view" ? Object.fromEntries(query().filter(([key]) => !OF_THE_TOUR.includes(key))) : known[name]),
    core: () => coreOfPage(() => fetched(at(core))),
    fetch: fetched,
    tell(_, view) {
      const rest = query().filter(([key]) => OF_THE_TOUR.includes(key));
      const search = new URLSearchParams([...Object.entries(view), ...rest]).toString().replaceAll("%2C", ",");
      history.replaceState(null, "", `${location.pathname}${search && `?${search}`}`);
    },
    listen(name, follow) {
      followers.set(name, follow);
      return () => followers.delete(name);
    },
  });
  addEventListener("popstate", () => followers.get("view")?.());
} catch (error) {
  place.classList.remove("skeleton");
  place.innerHTML = '<p class="problem" role="alert"></p>';
  place.firstChild.textContent = `This view cannot be shown: ${error.message}. Reload the page.`;
}
dock(place, at).catch(() => {}); // without a connection, the page has no tour
