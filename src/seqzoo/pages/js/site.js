// Every page of the site: the worker that keeps visited pages for a visit without a connection.
const root = new URL("../../../../", import.meta.url); // this file lies in files/DIGEST/pages/js

if ("serviceWorker" in navigator) {
  const seen = () => [location.href.split(/[?#]/)[0], ...performance.getEntriesByType("resource").map(({ name }) => name)];
  const tell = async () => {
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage(seen().filter((address) => address.startsWith(root.href)));
  };
  addEventListener("load", () => {
    navigator.serviceWorker.register(new URL("worker.js", root), { scope: root.pathname }).then(tell, () => {}); // an insecure host has none
  });
}
