// A worker that trains: it is told to start, pause or continue, and tells what has been reached. The page only draws.
import { fetched } from "../../../microscope/hosts/fetched.js";
import { compiled } from "../../../microscope/js/core.js";
import { safetensors } from "./safetensors.js";
import { Training } from "./training.js";

const SLICE = 30; // ms of training between two looks at the messages; the result does not depend on it
const TOLD = 100; // ms between two messages
const FORECASTS = 300; // ms between two forecasts of the series

let core = null;
let run = null; // { id, training, series, seconds, isRunning }
let wanted = null; // what the page last asked for, { id, isRunning }: the core may still be loading
let isTurnDue = false; // whether the next slice is on its way
const turns = new MessageChannel(); // unlike a timeout, it never waits
turns.port1.onmessage = slice;

const ACTS = {
  async start({ id, settings, facts, series }) {
    run = null;
    const asked = { id, isRunning: true };
    wanted = asked;
    core ??= loaded();
    const network = await core;
    if (wanted !== asked) return; // another run was started meanwhile
    run = { id, training: new Training(settings, facts, network), series, seconds: 0, isRunning: asked.isRunning, told: 0, toldAt: 0, forecastAt: 0 };
    turn();
  },
  pause() {
    if (wanted) wanted.isRunning = false;
    if (!run?.isRunning) return;
    run.isRunning = false;
    tell();
  },
  continue() {
    if (wanted) wanted.isRunning = true;
    if (!run || run.isRunning || run.training.isDone) return;
    run.isRunning = true;
    turn();
  },
  weights() {
    const { training: { network, best, settings } } = run;
    const bytes = safetensors(network.named(best.parameters), { ...settings, step: best.step, excess: best.excess });
    postMessage({ kind: "weights", id: run.id, bytes }, [bytes.buffer]);
  },
};

async function loaded() {
  const fail = (what) => ({ message }) => { throw new Error(`the compiled core cannot ${what}: ${message}`); };
  const bytes = await fetched(new URL("../../../microscope/js/core.wasm", import.meta.url)).catch(fail("be fetched"));
  return compiled(bytes).catch(fail("run in this browser"));
}

onmessage = ({ data: { kind, ...rest } }) => guarded(rest.id ?? run?.id, () => ACTS[kind](rest));

async function guarded(id, act) {
  try {
    await act();
  } catch (error) {
    if (run) run.isRunning = false;
    postMessage({ kind: "failed", id, message: error.message });
  }
}

/** Asks for one slice; a pause and what follows it may come before the last one. */
function turn() {
  if (!isTurnDue && run.isRunning) turns.port2.postMessage(null);
  isTurnDue ||= run.isRunning;
}

function slice() {
  isTurnDue = false;
  if (!run?.isRunning) return;
  guarded(run.id, () => {
    const { training } = run;
    const began = performance.now();
    do training.advance(); while (!training.isDone && performance.now() - began < SLICE);
    run.seconds += (performance.now() - began) / 1000;
    run.isRunning = !training.isDone;
    if (training.isDone || performance.now() - run.toldAt > TOLD) tell();
    turn();
  });
}

function tell() {
  const { id, training, series, seconds } = run;
  const isDue = training.isDone || performance.now() - run.forecastAt > FORECASTS;
  if (isDue) run.forecastAt = performance.now();
  postMessage({
    kind: "reached", id, seconds, step: training.step, isDone: training.isDone, best: training.best.step,
    evaluations: training.evaluations.slice(run.told),
    forecasts: isDue ? training.forecast(series) : null,
  });
  run.told = training.evaluations.length;
  run.toldAt = performance.now();
}
