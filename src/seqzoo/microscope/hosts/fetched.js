// Weights over HTTP, for every host that has an address of them.

/** The bytes at an address. Throws where the server does not give them. */
export async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url}`);
  return answer.arrayBuffer();
}
