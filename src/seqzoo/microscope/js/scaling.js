// From the units of a series to those of a network and back: the formula of data/scaling.py. No DOM.

/**
 * The level and the spread of a window [L], by which the network reads (value - level) / spread.
 * scale: [centre, scale] of the series; [centre, scale, least] if each window has its own, with the least spread;
 * [centre, scale, least, m] if forecasts are counted from the value a season of m steps earlier, too.
 */
export function frameOf([centre, scale, least, season], window) {
  if (least === undefined) return { level: centre, spread: scale, isOwn: false };
  const level = centre + mean(window.map((value) => value - centre));
  const own = Math.sqrt(mean(window.map((value) => (value - level) ** 2)));
  return { level, spread: Math.max(own, least), isOwn: true, isLeast: own <= least, last: season ? window.slice(-season) : null };
}

/** A window in the units of the network. */
export const enter = ({ level, spread }, window) => window.map((value) => (value - level) / spread);

/** A forecast, `ahead` steps after the next, in the units of the series. */
export const leave = ({ level, spread, last }, forecast, ahead = 0) =>
  forecast * spread + (last ? last[ahead % last.length] : level);

/**
 * d forecast / d window [L] in the units of the series, from the slopes of the network at its input [L] and its forecast.
 * A value also moves the level of its window by 1/L, and the spread by its own input over L. With a season, the forecast
 * follows the value a season earlier in place of the level.
 */
export function through({ isOwn, isLeast, last }, slopes, input, forecast, ahead = 0) {
  if (!isOwn) return slopes; // the spread cancels
  const L = slopes.length;
  const slope = mean(slopes);
  const stretch = isLeast ? 0 : (forecast - slopes.reduce((sum, value, t) => sum + value * input[t], 0)) / L;
  const from = last ? L - last.length + (ahead % last.length) : -1; // the value that the forecast is counted from
  return slopes.map((value, t) => value - slope + stretch * input[t] + (last ? Number(t === from) : 1 / L));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
