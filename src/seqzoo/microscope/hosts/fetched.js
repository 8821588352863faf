// Weights and style sheets over HTTP, for a host that has their addresses.

/** The bytes at an address. Throws if the server answers with an error: what the server says of it, if it does. */
export async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) {
    const error = (await answer.json().catch(() => null))?.error; // a host of files answers with a page
    throw new Error(typeof error === "string" ? error.replace(/\.$/, "") : `the server answered ${answer.status} for ${url}`);
  }
  return answer.arrayBuffer();
}

/** Adds a style sheet to the page, once. Throws if there is none at the address. */
export function styled(url) {
  if (document.querySelector(`link[href="${url}"]`)) return undefined;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: url });
  return new Promise((resolve, reject) => {
    Object.assign(link, { onload: resolve, onerror: () => reject(new Error(`no style sheet at ${url}`)) });
    document.head.append(link);
  });
}
