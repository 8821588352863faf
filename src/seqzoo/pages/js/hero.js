// The window of the gallery: values to drag, and two forecasts of what follows, computed here at every move.
(() => {
  const hero = document.getElementById("hero");
  const { modules, weights, window: start, ahead, top, signal } = JSON.parse(hero.dataset.facts);
  const find = (selector) => hero.querySelector(selector);
  const inside = find("a.primary").getAttribute("href");
  const points = find(".points");
  const handles = [...points.children];
  const L = start.length;
  let values = [...start];
  let current = L - 1; // of the value that the Tab key reaches
  let held = null; // the value that is dragged, and how far from its middle
  const forecasts = {}; // by kind the forecasts [ahead] of a window, once what computes them is there

  // In the app, the page has a place for this once NiceGUI has started.
  const waiting = new MutationObserver(() => {
    const place = document.querySelector(".hero-place");
    if (!place) return;
    waiting.disconnect();
    place.append(hero);
  });
  waiting.observe(document.body, { childList: true, subtree: true });

  // Styles set here rather than in the page, whose policy allows none there.
  const share = `${(100 * L) / (L + ahead)}%`;
  points.style.width = share;
  find(".hint").style.left = share;
  handles.forEach((handle, n) => { handle.style.left = `${(100 * (n + 0.5)) / L}%`; });

  const part = (path) => import(new URL(`${modules}/${path}`, document.baseURI));

  async function bayes() {
    const { posterior } = (await part("pages/js/signals/sine.js")).sine(signal);
    return (window) => Array.from(posterior(window, ahead).mean);
  }

  async function model() {
    const [{ parseSafetensors, makeCell, forward }, answer] = await Promise.all([part("microscope/js/cell.js"), fetch(weights)]);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const cell = makeCell("lstm", parseSafetensors(await answer.arrayBuffer()));
    return (window) => {
      const read = [...window];
      for (let step = 0; step < ahead; step++) read.push(forward(cell, read.slice(step)).forecast[0]);
      return read.slice(L);
    };
  }

  function draw() {
    for (const [kind, forecastOf] of Object.entries(forecasts)) {
      const forecast = forecastOf(values);
      find(`path.${kind}`).setAttribute("d", `M${forecast.map((value, step) => `${L + step + 0.5} ${(top - value).toFixed(3)}`).join("L")}`);
      find(`[data-of=${kind}]`).textContent = forecast[0].toFixed(2).replace("-", "−");
    }
    handles.forEach((handle, n) => {
      handle.style.top = `${(50 * (top - values[n])) / top}%`;
      handle.setAttribute("aria-valuenow", values[n].toFixed(2));
      handle.tabIndex = n === current ? 0 : -1;
      handle.classList.toggle("held", n === held?.n);
    });
    const isMoved = values.some((value, n) => value !== start[n]);
    find("button").disabled = !isMoved;
    const link = isMoved ? `&values=${values.map((value, n) => `${n + 1}_${value.toFixed(2)}`).join("~")}` : "";
    find("a.primary").href = inside + link;
  }

  let asked = 0;
  function change(n, value) {
    values[n] = Math.max(-top, Math.min(top, value));
    hero.classList.add("touched");
    asked ||= requestAnimationFrame(() => { asked = 0; draw(); });
  }

  points.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const box = points.getBoundingClientRect();
    const n = Math.max(0, Math.min(L - 1, Math.floor((L * (event.clientX - box.left)) / box.width)));
    const off = event.clientY - box.top - (box.height * (top - values[n])) / 2 / top;
    held = { n, off: Math.abs(off) < 24 ? off : 0 }; // a touch elsewhere brings the value there
    current = n;
    points.setPointerCapture(event.pointerId);
    handles[n].focus({ preventScroll: true });
    move(event);
  });
  function move(event) {
    if (!held) return;
    const box = points.getBoundingClientRect();
    change(held.n, top - (2 * top * (event.clientY - held.off - box.top)) / box.height);
  }
  points.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) {
    points.addEventListener(end, () => { held = null; draw(); });
  }

  const MOVES = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.25, PageDown: -0.25 };
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  points.addEventListener("keydown", (event) => {
    const { key } = event;
    if (!(key in MOVES || key in STEPS)) return;
    event.preventDefault();
    if (key in MOVES) return change(current, values[current] + MOVES[key]);
    current = Math.max(0, Math.min(L - 1, current + STEPS[key]));
    draw();
    handles[current].focus();
  });
  find("button").addEventListener("click", () => {
    values = [...start];
    draw();
  });

  draw();
  for (const [kind, load] of Object.entries({ bayes, model })) {
    load().then((forecastOf) => { forecasts[kind] = forecastOf; draw(); }).catch((error) => {
      find(".hero-answer").textContent = `The forecasts cannot be computed here: ${error.message}.`;
    });
  }
})();
