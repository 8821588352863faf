// The player: numbers travel the wires of a step, and then the next step begins.

const WHOLE = 26000; // ms in which it would play a whole window
const BOUNDS = [450, 1300]; // ms of a step
const PACE = { still: 1000, away: 300 }; // ms of a step without motion: by wish, or because the diagram is out of view

/** A player of the steps; `toggle` starts or stops it, `stop` stops it, `close` also lets go of what it watches. */
export function player(desk, view, button) {
  const { state, L, find } = desk;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const duration = Math.max(BOUNDS[0], Math.min(BOUNDS[1], WHOLE / L));
  let [isOn, isSeen, frame, timer, began] = [false, true, 0, 0, 0];
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    if (isSeen === isIntersecting) return;
    isSeen = isIntersecting;
    if (isOn) go();
  });
  seen.observe(find(".mz-figure"));

  function stop() {
    if (!isOn) return;
    isOn = false;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    view.at(null);
    button.textContent = "Play";
  }

  function next() {
    if (state.step >= L - 1 || !desk.wide()) return stop();
    desk.look({ step: state.step + 1 });
    go();
  }

  /** Plays the current step. */
  function go() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    if (still.matches || !isSeen) {
      view.at(null);
      timer = setTimeout(next, still.matches ? PACE.still : PACE.away);
      return;
    }
    began = 0;
    const draw = (time) => {
      began ||= time;
      const share = (time - began) / duration;
      if (share >= 1) return next();
      view.at(share);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
  }

  return {
    stop,
    toggle() {
      if (isOn) return stop();
      isOn = true;
      button.textContent = "Pause";
      if (state.step === L - 1) desk.look({ step: 0 });
      go();
    },
    close() {
      stop();
      seen.disconnect();
    },
  };
}
