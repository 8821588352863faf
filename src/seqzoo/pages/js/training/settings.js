// The settings of a run: from the keys of an address, and back. A link holds only what differs from the usual.

export const KEYS = { architecture: "architecture", size: "size", optimiser: "optimiser", learning_rate: "rate", batch_size: "batch",
  steps: "steps", seed: "seed", sigma: "sigma" };
const AXIS = "axis"; // the key of the vertical axis, which is no setting of a run
export const AXES = ["excess", "error"]; // the first is usual

/** The usual settings of an architecture and an optimiser. */
export const usual = ({ architecture, optimiser }, { defaults, architectures, optimisers }) =>
  ({ ...defaults, ...architectures[architecture].usual, ...optimisers[optimiser].usual, architecture, optimiser });

/**
 * What a link asks for: { settings, axis, refused }. What it cannot have is usual instead, and is told in
 * refused: [{ name, given, allowed, taken }], where allowed is { among: [...] } or { least, most, isWhole }.
 */
export function settingsOf(view, facts) {
  const { defaults, architectures, optimisers, ranges, noises } = facts;
  let settings = { ...defaults };
  const refused = [];
  const read = (name, key, allowed, otherwise) => {
    const given = view[key];
    if (given === undefined) return otherwise;
    const value = typeof (allowed.among?.[0] ?? 0) === "string" ? given : String(given).trim() === "" ? NaN : Number(given);
    const { among, least, most, isWhole } = allowed;
    if (among ? among.includes(value) : value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
    refused.push({ name, given: String(given), allowed, taken: otherwise });
    return otherwise;
  };
  const take = (name, allowed) => { settings[name] = read(name, KEYS[name], allowed, settings[name]); };
  take("architecture", { among: Object.keys(architectures) });
  take("optimiser", { among: Object.keys(optimisers) });
  settings = usual(settings, facts);
  take("size", { least: 2, most: Math.max(...architectures[settings.architecture].sizes), isWhole: true });
  for (const [name, [least, most]] of Object.entries(ranges)) take(name, { least, most, isWhole: name !== "learning_rate" });
  take("sigma", { among: noises.map(({ sigma }) => sigma) });
  return { settings, axis: read(AXIS, AXIS, { among: AXES }, AXES[0]), refused };
}

/** The keys of a link. */
export function viewOf(settings, axis, facts) {
  const others = { ...usual(settings, facts), architecture: facts.defaults.architecture, optimiser: facts.defaults.optimiser };
  const differing = Object.keys(KEYS).filter((name) => settings[name] !== others[name]);
  const keys = differing.map((name) => [KEYS[name], String(settings[name])]);
  return Object.fromEntries(axis === AXES[0] ? keys : [...keys, [AXIS, axis]]);
}
