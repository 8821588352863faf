// The settings of a run: from the keys of an address, and back. A link holds only what differs from the defaults.

export const KEYS = { architecture: "architecture", size: "size", optimiser: "optimiser", learning_rate: "rate", batch_size: "batch",
  steps: "steps", seed: "seed", sigma: "sigma" };

/** The settings that a link asks for; what it cannot have is that of the defaults. */
export function settingsOf(view, { defaults, architectures, optimisers, ranges, noises }) {
  const settings = { ...defaults };
  const given = (name) => view[KEYS[name]];
  if (Object.hasOwn(architectures, given("architecture") ?? "")) settings.architecture = given("architecture");
  if (Object.hasOwn(optimisers, given("optimiser") ?? "")) settings.optimiser = given("optimiser");
  if (settings.optimiser !== defaults.optimiser) settings.learning_rate = optimisers[settings.optimiser].learning_rate;
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = Number(given(name) ?? NaN);
    if (value >= least && value <= most && (name === "learning_rate" || Number.isInteger(value))) settings[name] = value;
  }
  const size = Number(given("size"));
  if (Number.isInteger(size) && size >= 2 && size <= Math.max(...architectures[settings.architecture].sizes)) settings.size = size;
  if (noises.some(({ sigma }) => sigma === Number(given("sigma")))) settings.sigma = Number(given("sigma"));
  return settings;
}

/** The keys of a link. */
export function viewOf(settings, { defaults, optimisers }) {
  const usual = { ...defaults, learning_rate: optimisers[settings.optimiser].learning_rate };
  const differing = Object.keys(KEYS).filter((name) => settings[name] !== usual[name]);
  return Object.fromEntries(differing.map((name) => [KEYS[name], String(settings[name])]));
}
