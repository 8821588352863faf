// A training run of a page, without a page: it runs in a worker. All that it computes depends on its settings
// and on facts of pages/train.py, and neither on time nor on how its steps are divided.
import { sine } from "../signals/sine.js";
import { network } from "./networks.js";
import { Adam, average, learningRateAt, Soap } from "./optimisers.js";
import { PURPOSES, Stream } from "./stream.js";
import { bayes, draw } from "./windows.js";

const HELD_OUT = 2048; // windows on which the excess is measured; the same for all runs at one noise
const AT_ONCE = 256; // windows that are forecast at once, so that their tape stays small

export class Training {
  /**
   * settings: { architecture, size, optimiser, learning_rate, batch_size, steps, seed, sigma }.
   * facts: { length, signal: { angular_frequency, amplitude }, recipe, bayes: the error of the Bayes forecast at this noise }.
   */
  constructor(settings, facts, core) {
    const { architecture, size, optimiser, seed, sigma } = settings;
    Object.assign(this, { settings, facts, step: 0, loss: NaN, losses: [], evaluations: [] });
    this.recipe = { ...facts.recipe, ...settings };
    this.signal = sine({ ...facts.signal, sigma });
    this.network = network(architecture, size, facts.length, core);
    this.parameters = this.network.initial(new Stream(seed, PURPOSES.weights));
    this.next = new Float32Array(this.parameters.length);
    this.averaged = this.parameters.slice();
    this.best = { excess: Infinity, step: 0, parameters: this.averaged.slice() };
    this.optimiser = optimiser === "soap" ? new Soap(this.network.groups) : new Adam(this.network.count, this.recipe.clip_norm);
    this.heldOut = draw(this.signal, facts.length, HELD_OUT, new Stream(0, PURPOSES.heldOut)).windows;
    this.bayes = bayes(this.signal, facts.length, this.heldOut);
  }

  get isDone() {
    return this.step >= this.recipe.steps;
  }

  /** Makes one step; returns the evaluation after it, { step, loss, excess }, or null where none is due. */
  advance() {
    const { recipe, facts, network } = this;
    const random = new Stream(recipe.seed, PURPOSES.batches, this.step);
    const { windows, targets } = draw(this.signal, facts.length, recipe.batch_size, random);
    const { loss, gradient } = network.gradient(this.parameters, windows, targets);
    if (!Number.isFinite(loss)) throw new Error(this.#diverged());
    this.optimiser.step(gradient, this.parameters, this.next, learningRateAt(this.step, recipe));
    [this.parameters, this.next] = [this.next, this.parameters]; // two arrays in turn: the core knows weights by their array
    average(this.averaged, this.parameters, ++this.step, recipe.averaging);
    this.losses.push(loss);
    return isEvaluatedAt(this.step, recipe) ? this.#evaluate() : null;
  }

  #evaluate() {
    const excess = this.#excess();
    if (!Number.isFinite(excess)) throw new Error(this.#diverged());
    const loss = this.losses.reduce((sum, value) => sum + value, 0) / this.losses.length;
    this.losses = [];
    const evaluation = { step: this.step, loss, excess };
    this.evaluations.push(evaluation);
    if (excess < this.best.excess) this.best = { excess, step: this.step, parameters: this.averaged.slice() };
    return evaluation;
  }

  /** The mean squared distance from the Bayes forecasts of the held-out windows, as a share of the error of Bayes. */
  #excess() {
    const { heldOut, bayes, facts: { length } } = this;
    let sum = 0;
    for (let from = 0; from < HELD_OUT; from += AT_ONCE) {
      const forecasts = this.forecast(heldOut.subarray(from * length, (from + AT_ONCE) * length));
      forecasts.forEach((forecast, n) => { sum += (forecast - bayes[from + n]) ** 2; });
    }
    return sum / HELD_OUT / this.facts.bayes;
  }

  /** The forecasts of the averaged weights. */
  forecast(windows) {
    return this.network.run(this.averaged, windows).outputs;
  }

  #diverged() {
    return `training diverged at step ${this.step}: the learning rate ${this.recipe.learning_rate} is probably too high; try a tenth of it`;
  }
}

/** Whether the weights after a step are evaluated (zoo/_recipes.py). */
function isEvaluatedAt(step, { evaluate_every, steps }) {
  const every = step <= 8 * evaluate_every ? Math.max(1, Math.floor(evaluate_every / 5)) : evaluate_every;
  return step % every === 0 || step === steps;
}
