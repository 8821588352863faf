// Jupyter and every other host of anywidgets: the state is in the traits of the model, which Python shares.
import { coreOfPage } from "../js/core.js";
import bytes from "../js/core.wasm"; // as tools/bundle.py puts it into the bundle
import { open } from "../js/microscope.js";
import { fetched } from "./fetched.js";

/** A promise of the weights, which Python sends once. */
function asked(model) {
  return new Promise((resolve) => {
    const take = (content, buffers) => {
      if (content?.kind !== "weights") return;
      model.off("msg:custom", take);
      resolve(buffers[0]);
    };
    model.on("msg:custom", take);
    model.send({ kind: "weights" });
  });
}

function render({ model, el }) {
  return open(el, {
    get: (name) => model.get(name),
    core: () => coreOfPage(async () => bytes),
    weights: () => (model.get("url") ? fetched(model.get("url")) : asked(model)),
    tell(window, view) {
      model.set("window", window);
      model.set("view", view);
      model.save_changes();
    },
    listen(name, follow) {
      model.on(`change:${name}`, follow);
      return () => model.off(`change:${name}`, follow);
    },
  });
}

export default { render };
