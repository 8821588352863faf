// The colours of the package, for light and dark pages.
import palette from "../../_palette.json" with { type: "json" };

const INKS = [0, 1].map((side) => {
  const values = Object.entries({ ...palette.colours, ...palette.surfaces }).map(([name, pair]) => [name, pair[side]]);
  const inks = Object.fromEntries(values);
  for (const [role, name] of Object.entries(palette.roles)) inks[role] = inks[name];
  return { ...inks, isDark: side === 1 };
});

/** The value of every colour, surface and role, by name. */
export const inks = (isDark) => INKS[Number(isDark)];

/** The name of the colour of a gate or state. */
export const gateColour = (name) => palette.gates[name];

/** Sets the colours as custom properties of an element, for its style sheet. */
export function dress(element, ink) {
  for (const [name, value] of Object.entries(ink)) {
    if (name !== "isDark") element.style.setProperty(`--${name.replaceAll("_", "-")}`, value);
  }
}

/** Gives an element the colours and classes of the page of a microscope, and a class of its own. */
export function dressAs(element, root, own) {
  const names = `${root.className} ${own}`;
  if (element.className !== names) element.className = names;
  if (element.style.cssText !== root.style.cssText) element.style.cssText = root.style.cssText;
}
