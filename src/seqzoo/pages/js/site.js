// Every page of the site: the worker that keeps visited pages for a visit without a connection.
const root = new URL("../../../../", import.meta.url); // this file lies in files/DIGEST/pages/js

if ("serviceWorker" in navigator) {
  /** Tells the worker of this page and of all that it asks for: also of what came before the worker, and of what comes later. */
  const tell = async () => {
    const { active } = await navigator.serviceWorker.ready;
    const keep = (addresses) => active.postMessage(addresses.filter((address) => address.startsWith(root.href)));
    keep([location.href.split(/[?#]/)[0]]);
    new PerformanceObserver((list) => keep(list.getEntries().map(({ name }) => name))).observe({ type: "resource", buffered: true });
  };
  addEventListener("load", () => {
    navigator.serviceWorker.register(new URL("worker.js", root), { scope: root.pathname }).then(tell, () => {}); // an insecure host has none
  });
}
