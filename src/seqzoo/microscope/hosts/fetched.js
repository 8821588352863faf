// Weights over HTTP, for a host that has their address.

/** The bytes at an address. Throws if the server answers with an error. */
export async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url}`);
  return answer.arrayBuffer();
}
