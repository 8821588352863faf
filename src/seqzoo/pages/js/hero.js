// The window of the gallery: values to drag, and two forecasts of what follows, computed here at every move.
import { fetched } from "../../microscope/hosts/fetched.js";
import { forward, makeCell, parseSafetensors } from "../../microscope/js/cell.js";
import { handles } from "./points.js";
import { sine } from "./signals/sine.js";

const STEP = 0.05; // of an arrow key

const hero = document.getElementById("hero");
const { weights, window: start, ahead, top, signal } = JSON.parse(hero.dataset.facts);
const find = (selector) => hero.querySelector(selector);
const inside = find("a.primary").getAttribute("href");
const points = find(".points");
const L = start.length;
let values = [...start];
const forecasts = {}; // by kind the forecasts [ahead] of a window, once what computes them is there

// In the app, the page has a place for this once NiceGUI has started.
const waiting = new MutationObserver(move);
waiting.observe(document.body, { childList: true, subtree: true });
move();

function move() {
  const place = document.querySelector(".hero-place");
  if (!place) return;
  waiting.disconnect();
  place.append(hero);
}

// Styles set here rather than in the page, whose policy allows none there.
const share = `${(100 * L) / (L + ahead)}%`;
points.style.width = share;
find(".hint").style.left = share;

let asked = 0;
const group = handles(points, (n, value) => {
  values[n] = Math.round(100 * value) / 100; // as the link holds it
  hero.classList.add("touched");
  asked ||= requestAnimationFrame(() => { asked = 0; draw(); });
}, { isWide: true });

const LOADS = {
  async bayes() {
    const { posterior } = sine(signal);
    return (window) => Array.from(posterior(window, ahead).mean);
  },
  async model() {
    const cell = makeCell("lstm", parseSafetensors(await fetched(weights)));
    return (window) => {
      const read = [...window];
      for (let step = 0; step < ahead; step++) read.push(forward(cell, read.slice(step)).forecast[0]);
      return read.slice(L);
    };
  },
};

function draw() {
  for (const [kind, forecastOf] of Object.entries(forecasts)) {
    const forecast = forecastOf(values);
    find(`path.${kind}`).setAttribute("d", `M${forecast.map((value, step) => `${L + step + 0.5} ${(top - value).toFixed(3)}`).join("L")}`);
    find(`[data-of=${kind}]`).textContent = forecast[0].toFixed(2).replace("-", "−");
  }
  group.show(values, {
    place: (n, value) => [`${(100 * (n + 0.5)) / L}%`, `${(50 * (top - value)) / top}%`],
    up: (y) => top - (2 * top * y) / points.clientHeight,
    step: STEP, limit: top,
  });
  const isMoved = values.some((value, n) => value !== start[n]);
  find("button").disabled = !isMoved;
  const link = isMoved ? `&values=${values.map((value, n) => `${n + 1}_${value.toFixed(2)}`).join("~")}` : "";
  find("a.primary").href = inside + link;
}

find("button").addEventListener("click", () => {
  values = [...start];
  draw();
});

draw();
for (const [kind, load] of Object.entries(LOADS)) {
  load().then((forecastOf) => { forecasts[kind] = forecastOf; draw(); }).catch((error) => {
    find(".hero-answer").textContent = `The forecasts cannot be computed here: ${error.message}.`;
  });
}
