// Controls of the views: sliders of a signal, values of one's own, numbers, and words with a definition.
import { escaped } from "../../microscope/js/svg.js";
import { typeset } from "./chart.js";
import { MOST_CHARACTERS, numberOf } from "./window.js";

/** Words as HTML that show a definition at hover, focus and touch. */
export function term(words, meaning) {
  return `<button type="button" class="term" aria-label="${escaped(`${words}: ${meaning}`)}">${escaped(words)}<span class="definition" aria-hidden="true">${escaped(meaning)}</span></button>`;
}

/** A labelled slider at the end of an element; `turned` is called with its value. */
export function slider(element, { key, label, low, high, step }, value, turned, asText = String) {
  const row = document.createElement("div");
  row.className = "control";
  row.innerHTML = `<span aria-hidden="true">${escaped(label)}</span><span class="value"></span>
    <input type="range" min="${low}" max="${high}" step="${step}" aria-label="${escaped(label)}" data-knob="${key}">`;
  element.append(row);
  const [text, input] = [row.querySelector(".value"), row.querySelector("input")];
  const show = (now) => { text.textContent = typeset(asText(now)); };
  input.addEventListener("input", () => {
    show(Number(input.value));
    turned(Number(input.value));
  });
  const follow = (now) => {
    if (Number(input.value) !== now) input.value = now;
    show(now);
  };
  follow(value);
  return { follow };
}

export function button(element, words, act) {
  const one = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words });
  one.addEventListener("click", act);
  element.append(one);
  return one;
}

/** A labelled row of buttons {key: words} at the end of an element, of which one is pressed. Returns a function that presses one. */
export function choices(element, label, offered, choose) {
  element.insertAdjacentHTML("beforeend", `<div class="buttons" role="group" aria-label="${escaped(label)}"></div>`);
  const all = Object.entries(offered).map(([key, words]) => {
    const one = button(element.lastElementChild, words, () => choose(key));
    one.className = "choice";
    return [one, key];
  });
  return (pressed) => all.forEach(([one, key]) => { one.ariaPressed = String(key === pressed); });
}

/** The panel of the signal; `changed` is called after each change. Returns a function that shows the window's state. */
export function signalPanel(element, window, changed) {
  element.insertAdjacentHTML("beforeend", '<div class="panel"><h3>The signal</h3></div>');
  const panel = element.lastElementChild;
  const sliders = window.knobs.map((knob) => [knob.key, slider(panel, knob, window.values[knob.key], (value) => {
    window.turn(knob.key, value);
    changed();
  })]);
  panel.insertAdjacentHTML("beforeend", '<div class="buttons"></div>');
  const follow = () => sliders.forEach(([key, one]) => one.follow(window.values[key]));
  const after = (act) => () => {
    act();
    follow();
    changed();
  };
  button(panel.lastElementChild, "New noise", after(() => window.renewNoise()));
  button(panel.lastElementChild, "New window", after(() => window.renew()));
  return follow;
}

/** The last `length` numbers of a text, with a sentence on what was read; null where it holds nothing. Throws where it cannot be used. */
export function pasted(text, length) {
  if (text.length > MOST_CHARACTERS) throw new Error(`The text is too large: at most ${MOST_CHARACTERS.toLocaleString("en")} characters are read.`);
  const words = text.replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean);
  if (!words.length) return null;
  const values = words.map(numberOf);
  const wrong = values.indexOf(null);
  if (wrong >= 0) throw new Error(`Expected numbers, got “${words[wrong].slice(0, 40)}” at place ${wrong + 1}. Give ${length} numbers, apart by spaces, commas or lines.`);
  if (values.length < length) throw new Error(`Expected at least ${length} numbers, the text has ${values.length}.`);
  const rest = values.length > length ? `the last ${length} are taken` : "all are taken";
  return { values: values.slice(-length), understood: `The text: ${values.length} numbers; ${rest}.` };
}

/** The panel of a visitor's own values; `give` is called with them, or with null once the field is empty again. */
export function ownPanel(element, length, give) {
  element.insertAdjacentHTML("beforeend", `<div class="panel"><h3>Your own values</h3>
    <textarea rows="3" spellcheck="false" placeholder="${length} numbers" aria-label="Your own values: ${length} numbers"></textarea>
    <p class="hint">Numbers apart by spaces, commas or lines; the last ${length} are read.</p>
    <p class="hint" role="status"></p><p class="error-line" role="alert"></p></div>`);
  const panel = element.lastElementChild;
  const [status, error] = [panel.querySelector("[role=status]"), panel.querySelector("[role=alert]")];
  panel.querySelector("textarea").addEventListener("change", ({ target }) => {
    [status.textContent, error.textContent] = ["", ""];
    try {
      const own = pasted(target.value, length);
      status.textContent = own?.understood ?? "Nothing is given: the window is that of the page again.";
      give(own?.values ?? null);
    } catch (refused) {
      error.textContent = refused.message;
    }
  });
}

/** Numbers beneath their names, in the element; each call shows [{ name (HTML), value, role, detail (HTML) }]. */
export function numbersIn(element) {
  return (rows) => {
    while (element.children.length > rows.length) element.lastElementChild.remove();
    while (element.children.length < rows.length) {
      element.insertAdjacentHTML("beforeend", '<div class="number"><div class="k"><span></span></div><div class="v"></div><div class="d"></div></div>');
    }
    rows.forEach(({ name, value, role, detail = "" }, n) => {
      const [key, text, more] = element.children[n].children;
      element.children[n].style.setProperty("--c", `var(--${role.replaceAll("_", "-")})`);
      if (key.dataset.told !== name) key.firstElementChild.innerHTML = key.dataset.told = name; // not anew, while it has the focus
      text.textContent = typeset(value);
      if (more.dataset.told !== detail) more.innerHTML = typeset(more.dataset.told = detail);
    });
  };
}
