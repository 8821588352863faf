// What the views of a model do alike: load their subject, draw at most once a frame, tell the host, follow it, and say what failed.
import { subjectOf } from "./subject.js";

/** Throws where a forecast is not finite. */
export function checkFinite(values) {
  if (!values.every(Number.isFinite)) throw new Error("the values given lead the model beyond what it can compute: give smaller ones");
}

/** Changes a text only where it differs: a screen reader would read it again. */
export function setText(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

/**
 * Opens a view in an element; returns a function that closes it.
 *   build(subject, change, redraw): fills the element once the subject is there, and returns { draw, follow, close }: draw() may be
 *     asynchronous and is called for the newest state only; follow() shows the state in the controls. `change` is to be called
 *     after each change by the visitor.
 *   keys(): what of the view the address holds beside the window; read() takes it over from the host.
 */
export function opened(element, host, build, { keys = () => ({}), read = () => {} } = {}) {
  let [isClosed, asked, isBusy, isAgain] = [false, 0, false, false];
  let view = null;
  const deaf = [];

  async function draw() {
    asked = 0;
    isAgain = true;
    if (isBusy) return;
    isBusy = true;
    while (isAgain && !isClosed) {
      isAgain = false;
      try {
        await view.draw(() => isAgain || isClosed);
        fail("");
      } catch (error) {
        fail(error.message);
      }
    }
    isBusy = false;
  }
  const later = () => {
    isAgain = true;
    asked ||= requestAnimationFrame(draw);
  };

  const problem = Object.assign(document.createElement("p"), { className: "pv-problem", role: "alert" });
  const fail = (words) => {
    const sentence = words && `${words[0].toUpperCase()}${words.slice(1).replace(/\.?$/, ".")}`;
    if (problem.textContent !== sentence) problem.textContent = sentence;
  };

  const waiting = element.appendChild(Object.assign(document.createElement("div"), { className: "skeleton", role: "status", ariaLabel: "Loading the model" }));

  async function begin() {
    const subject = await subjectOf(host);
    if (isClosed) return;
    waiting.remove();
    view = build(subject, () => {
      later();
      host.tell(subject.window.context, { ...subject.window.query, ...keys() });
    }, later);
    element.append(problem);
    host.ready?.(); // the view is filled
    deaf.push(host.listen("view", () => {
      subject.window.read(host.get("view"));
      read();
      view.follow();
      later();
    }), host.listen("errors", later));
    draw();
  }
  begin().catch((error) => {
    element.replaceChildren(problem);
    fail(`The forecast cannot be computed here: ${error.message}. Reload the page.`);
  });
  return () => {
    isClosed = true;
    cancelAnimationFrame(asked);
    deaf.forEach((stop) => stop?.());
    view?.close();
    element.replaceChildren();
  };
}
