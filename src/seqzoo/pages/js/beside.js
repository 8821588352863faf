// Look inside of a recurrent model on a page without a server: the microscope, and the field that chooses what stands beside it.
import { fetched } from "../../microscope/hosts/fetched.js";
import { pair } from "../../microscope/js/pair.js";

const KEY = "with";
const OR = new Intl.ListFormat("en", { type: "disjunction" });
const UNSEEN = "Without a connection, only a model whose page you have visited can stand beside this one.";

/**
 * Opens the view in an element; returns a function that closes it. The host is as for `pair`, but without "beside"; it also has
 *   get("others"): { name: { facts, weights } }, what can stand beside the model, with the addresses of its page's facts and of
 *     its weights;
 *   linear(facts): the best linear forecasts of as many steps as those facts, for the signal of the window as it is now.
 * The key "with" of the view names the other one.
 */
export function beside(element, host) {
  const others = host.get("others");
  element.innerHTML = '<div class="beside"><label class="control"><span>Beside it</span></label></div><p class="error-line" role="alert"></p><div></div>';
  const [field, refused, place] = element.children;
  const select = Object.assign(document.createElement("select"), { onchange: () => choose(select.value) });
  select.dataset.knob = KEY;
  select.append(new Option("nothing", ""), ...Object.keys(others).map((name) => new Option(name)));
  field.firstElementChild.append(select);
  field.hidden = !Object.keys(others).length;

  let asked = ""; // what the address names
  let second = null; // what stands beside it: { facts, weights }
  let tellPair = () => {};
  function own() {
    const { [KEY]: _, ...view } = host.get("view");
    return view;
  }
  const tell = (window, view) => host.tell(window, { ...view, ...(asked && { [KEY]: asked }) });

  async function show(name) {
    asked = name;
    refused.textContent = "";
    const other = Object.hasOwn(others, name) ? others[name] : null;
    select.value = other ? name : "";
    let given = null;
    try {
      if (name && !other) throw new Error(`${name} cannot stand beside ${host.get("name")}: choose ${OR.format(Object.keys(others)) || "nothing"}`);
      if (other) given = { facts: JSON.parse(new TextDecoder().decode(await fetched(other.facts))).views.inside, weights: other.weights };
    } catch ({ message }) {
      if (name === asked) refused.textContent = other ? `${name} cannot be shown: ${message}. ${UNSEEN}` : `${message}.`;
    }
    if (name !== asked || (!given && !second)) return; // another one was chosen meanwhile
    second = given;
    tellPair();
  }

  function choose(name) {
    show(name);
    tell(host.get("window"), own());
  }

  /** Follows the address to another one. */
  function follow() {
    const named = host.get("view")[KEY] ?? "";
    if (named !== asked) show(named);
  }

  const whole = { // what the microscope is told
    ...host,
    get(name) {
      if (name === "beside") return second;
      if (name === "view") return own();
      if (name.startsWith("farther_")) return second && host.linear(second.facts)[name.slice(8)];
      return host.get(name);
    },
    tell,
    listen(name, heard) {
      if (name !== "beside") return host.listen(name, () => { follow(); heard(); });
      tellPair = heard;
      return () => { tellPair = () => {}; };
    },
  };
  let close = null;
  let isClosed = false;
  show(host.get("view")[KEY] ?? "").then(() => { // first: else the view of the second one would be dropped
    if (!isClosed) close = pair(place, whole);
  });
  return () => {
    isClosed = true;
    close?.();
    element.replaceChildren();
  };
}
