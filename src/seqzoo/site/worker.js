// Keeps the files of visited pages. DIGEST and FIRST are written by the builder: another site is another cache.
const CACHE = "seqzoo DIGEST";
const FIRST = []; // of the gallery

const plain = (address) => address.split(/[?#]/)[0];

async function keep(addresses) {
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  const lacking = addresses.map((address) => plain(new URL(address, registration.scope).href)).filter((address) => !kept.has(address));
  await Promise.allSettled([...new Set(lacking)].map((address) => cache.add(address)));
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keep(FIRST));
});
addEventListener("activate", (event) => {
  const old = async () => (await caches.keys()).filter((name) => name.startsWith("seqzoo ") && name !== CACHE);
  event.waitUntil(old().then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => clients.claim()));
});
addEventListener("message", (event) => event.waitUntil(keep(event.data)));

/** A file whose address changes with its content comes from the cache; a page from the network, where there is one. */
async function answer(request) {
  const cache = await caches.open(CACHE).catch(() => null); // storage may be full or broken: the page then opens without it
  const kept = await cache?.match(plain(request.url)).catch(() => null);
  if (kept && new URL(request.url).pathname.includes("/files/")) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok && fresh.status === 200) await cache?.put(plain(request.url), fresh.clone()).catch(() => {});
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(registration.scope)) event.respondWith(answer(event.request));
});
