"""A page that shows the widget by itself: a stub of anywidget's model, with what Python would have synced.

Its module is the bundle that Jupyter gets; the pages of the app run the modules as they are.
"""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Page

import seqzoo
from seqzoo.bundles.store import SHIPPED, WEIGHTS

STUB = """async ({traits, data, css}) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const listeners = [];
  window.sent = [];
  window.saved = 0;
  window.model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    on: (name, listener) => listeners.push([name, listener]),
    off: (name, listener) => listeners.splice(listeners.findIndex(([n, l]) => n === name && l === listener), 1),
    save_changes: () => { window.saved += 1; },
    send: (content) => {
      window.sent.push(content);
      setTimeout(() => window.tell("msg:custom", {kind: "weights"}, [new DataView(bytes.buffer)]));
    },
    listening: () => listeners.length,
  };
  window.tell = (name, ...given) => [...listeners].forEach(([n, listener]) => n === name && listener(...given));
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  document.body.style.cssText = "margin: 0";
  const made = await import("/microscope/hosts/anywidget.bundle.js");
  window.stop = made.default.render({model: window.model, el: document.body});
}"""


def facts(bundle: str, **changed: Any) -> dict[str, Any]:
    """What the stub needs to show a shipped bundle, with some traits changed."""
    made = seqzoo.look_inside(bundle)
    synced = made.trait_values(sync=True)
    plain = {key: value for key, value in synced.items() if isinstance(value, str | float | list | dict)}
    traits = {key: value for key, value in plain.items() if not key.startswith("_")}
    data = base64.b64encode((SHIPPED / bundle / WEIGHTS).read_bytes()).decode()
    return {"traits": {**traits, **changed}, "data": data, "css": made._css}


def said(page: Page) -> float:
    """The network's forecast."""
    return float(page.inner_text(".mz-said dd >> nth=0").replace("−", "-"))


def press(page: Page, gate: str, label: str) -> None:
    """One of the buttons that hold a gate."""
    page.click(f"[data-gate={gate}]:text-is('{label}')")
