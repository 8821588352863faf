// The page of a model in the site: its tabs, each of which loads its view when it is first opened.
import { styled } from "../../microscope/hosts/fetched.js";
import { state } from "./static.js";
import { dock } from "./stop.js";

const page = document.getElementById("model");
const { views, facts, weights, core } = JSON.parse(page.dataset.page);
const tabs = [...page.querySelectorAll("[role=tab]")];
const keyOf = (tab) => tab.id.slice(4);
const panel = (key) => document.getElementById(`panel-${key}`);
const at = (address) => new URL(address, document.baseURI).href;

/** The state that views share, from the facts beside the page; asked for once. */
let shared = null;
async function asked() {
  const answer = await fetch(at(facts));
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${facts}`);
  return state(await answer.json(), { weights: at(weights), core: at(core) }, views);
}

const opened = new Set();
async function open(key) {
  for (const tab of tabs) {
    const isChosen = keyOf(tab) === key;
    tab.ariaSelected = String(isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    panel(keyOf(tab)).classList.toggle("gone", !isChosen);
  }
  if (opened.has(key) || !(key in views)) return;
  opened.add(key);
  const place = panel(key).querySelector(".view");
  const { module, run, styles } = views[key];
  try {
    shared ??= asked();
    const [known, ways] = await Promise.all([shared, import(at(module)), ...styles.map((url) => styled(at(url)))]);
    place.replaceChildren();
    place.classList.remove("skeleton");
    ways[run](place, known.host(key));
  } catch (error) {
    opened.delete(key);
    shared = null;
    place.classList.remove("skeleton");
    place.innerHTML = '<p class="problem" role="alert"></p>';
    place.firstChild.textContent = `This view cannot be shown: ${error.message}. Reload the page; without a connection, only pages that you have visited open.`;
  }
}

const chosen = () => {
  const named = new URLSearchParams(location.search).get("view");
  return tabs.map(keyOf).includes(named) ? named : keyOf(tabs[0]);
};

async function go(key) {
  const before = chosen();
  if (key !== before) {
    const known = await shared?.catch(() => null);
    if (known) known.enter("view", key);
    else history.pushState(null, "", `?view=${key}`);
  }
  open(key);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => go(keyOf(tab)));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    go(keyOf(next));
  });
}
addEventListener("popstate", async () => {
  const known = await shared?.catch(() => null);
  known?.returned();
  open(chosen());
});
open(chosen());
dock(page, at).catch(() => {}); // without a connection, the page has no tour
