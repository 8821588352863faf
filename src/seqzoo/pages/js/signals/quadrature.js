// Nodes for a posterior on a grid, as signals/quadrature.py takes them.

const STEP = 0.8; // of the narrowest standard deviation that a posterior can have
const MOST_NODES = 200000;

/** The number of nodes on an interval of length `extent`, for posteriors of standard deviation >= `narrowest`. */
export const nodesFor = (extent, narrowest, fewest) =>
  (narrowest > 0 ? Math.max(fewest, Math.ceil(extent / (STEP * narrowest))) : MOST_NODES + 1);

/** Throws if a grid is too large, which happens when the noise is very small. */
export function checkSize(nodes, sigma) {
  if (nodes > MOST_NODES) {
    throw new Error(`the posterior needs a grid of more than ${MOST_NODES.toLocaleString("en")} nodes: sigma ${sigma} is too ` +
      "small for this amplitude and a window of this length. Take more noise or a shorter window");
  }
}

/** Nodes and weights of Fejér's first rule (1933) on [-1, 1]. */
export function fejer(count) {
  const angles = Array.from({ length: count }, (_, n) => ((n + 0.5) * Math.PI) / count);
  const weights = angles.map((angle) => {
    let total = 0;
    for (let order = 1; order <= Math.floor(count / 2); order++) total += Math.cos(2 * angle * order) / (4 * order * order - 1);
    return (2 / count) * (1 - 2 * total);
  });
  return { places: angles.map(Math.cos), weights };
}

/** Cosines and sines [count] of as many phases, evenly spaced. */
export function circleOf(count) {
  const [cos, sin] = [Math.cos, Math.sin].map((wave) => Float64Array.from({ length: count }, (_, n) => wave((2 * Math.PI * n) / count)));
  return { cos, sin };
}
