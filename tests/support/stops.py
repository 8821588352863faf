"""Whether what a stop of a tour mentions is in sight."""

from __future__ import annotations

SIZES = ((1400, 900), (400, 800))
# For each text: what lies outside the part of the window that the dock leaves free, before and after a guess.
OUT_OF_SIGHT = """async (docks) => {
  const dock = document.querySelector('.tour'), root = document.documentElement, all = [];
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const staged = async () => {
    for (let frames = 0; frames < 1000 && !root.hasAttribute('data-staged'); frames++) await frame();
    await frame();
  };
  const look = () => {
    const place = dock.getBoundingClientRect();
    const [right, bottom] = innerWidth < 961 ? [innerWidth, place.top] : [place.left, innerHeight];
    const boxes = [...document.querySelectorAll('[data-target]')].map(one => one.getBoundingClientRect());
    const out = boxes.filter(b => b.height < 20 || b.top < 0 || b.left < 0 || b.bottom > bottom || b.right > right);
    const tall = dock.scrollHeight > dock.clientHeight + 1 ? ['the dock scrolls'] : [];
    all.push([boxes.length, [...out.map(b => `${b.top} to ${b.bottom} of ${bottom}`), ...tall]]);
  };
  for (const html of docks) {
    for (const name of ['data-told', 'data-staged']) root.removeAttribute(name);
    for (const one of document.querySelectorAll('[data-target]')) one.removeAttribute('data-target');
    dock.innerHTML = html;
    await staged(); look();
    dock.querySelector('.choice').click();
    await frame(); look();
  }
  return all;
}"""
