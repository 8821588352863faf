// Windows of a signal [B * L] in one array, and their Bayes forecasts.

/** B windows of a signal [B * L], and the value that follows each [B]. */
export function draw(signal, L, B, random) {
  const windows = new Float32Array(B * L);
  const targets = new Float32Array(B);
  for (let b = 0; b < B; b++) {
    const clean = signal.clean(L, 1, random);
    for (let t = 0; t <= L; t++) {
      const value = clean[t] + signal.sigma * random.normal();
      if (t < L) windows[b * L + t] = value;
      else targets[b] = value;
    }
  }
  return { windows, targets };
}

/** The conditional mean of the next value [B] given each window. */
export const bayes = (signal, L, windows) => Float64Array.from({ length: windows.length / L }, (_, b) =>
  signal.posterior(windows.subarray(b * L, (b + 1) * L), 1).mean[0]);
