// Roll-outs: forecasts of many steps, each read from the forecasts before it.

const SLICE = 12; // ms of work between two chances for the page to draw

/** The roll-out [steps] of a forecaster that maps a window [L] to [H]; its last forecasts are the next window. */
export function rollOut(forecast, window, steps) {
  const read = Array.from(window);
  for (let first = 0; read.length - window.length < steps; ) {
    const ahead = forecast(read.slice(first));
    read.push(...ahead);
    first += ahead.length;
  }
  return read.slice(window.length, window.length + steps);
}

/**
 * The same, as a promise, in slices between which the page can draw; `forecast` may return a promise, too. `progress` is
 * called with the steps so far after each slice but the last. Resolves to null once `isStale()`.
 */
export async function rollOutInSlices(forecast, window, steps, { isStale = () => false, progress = () => {} } = {}) {
  const read = Array.from(window);
  let began = performance.now();
  for (let first = 0; read.length - window.length < steps; ) {
    const given = forecast(read.slice(first));
    const ahead = given instanceof Promise ? await given : given;
    read.push(...ahead);
    first += ahead.length;
    if (performance.now() - began > SLICE) {
      if (isStale()) return null;
      progress(read.slice(window.length, window.length + steps));
      await new Promise((resolve) => setTimeout(resolve));
      if (isStale()) return null;
      began = performance.now();
    }
  }
  return read.slice(window.length, window.length + steps);
}
