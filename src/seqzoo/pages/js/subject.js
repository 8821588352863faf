// What the views of a model stand on: the shared window, the network, and the forecasts beside it. No DOM.
import { parseSafetensors } from "../../microscope/js/cell.js";
import { outsideOf } from "./familiarity.js";
import { applied, bestLinear, simple } from "./linear.js";
import { isFeedForward, isKnown, networkOf, Scaled } from "./networks.js";
import { RollOuts } from "./rolled.js";
import { signalOf } from "./signals/families.js";
import { LEAST_NOISE, MeasuredWindow, SignalWindow } from "./window.js";

/** The facts that a host must have; see pages/predict.py. */
const FACTS = ["name", "architecture", "heads", "scale", "length", "horizon", "reference", "signal", "knobs", "noun", "radius",
  "level", "familiarity"];

/** A promise of the subject that a host shows. Throws where its weights cannot be had or do not fit. */
export async function subjectOf(host) {
  if (!host.get("signal")) return measuredOf(host);
  const facts = Object.fromEntries(FACTS.map((name) => [name, host.get(name)]));
  return new Subject(facts, host, ...await forecasterOf(facts, host));
}

/**
 * The forecast [H] of a window, or a promise of it, as a function; a reference forecasts as many steps as it is asked for. And its
 * network, where it is a feed-forward one.
 */
async function forecasterOf(facts, host) {
  const { reference, architecture, signal, length } = facts;
  if (reference === "bayes") return [(window, steps = 1) => signalOf(signal).posterior(window, steps).mean];
  if (reference === "best_linear") {
    let [known, reach] = [null, 0];
    return [(window, steps = 1) => {
      if (steps > reach) [known, reach] = [bestLinear(signalOf(signal), length, steps), steps];
      return applied(known, window).subarray(0, steps);
    }];
  }
  if (reference in simple) return [(window, steps = 1) => simple[reference](window, steps)];
  if ((reference || !isKnown(architecture)) && host.forecast) return [(window, steps) => host.forecast(Array.from(window), steps)];
  if (reference || !isKnown(architecture)) throw new Error(`only Python can compute ${facts.name}, which an extension added`);
  if (isFeedForward(architecture)) {
    const network = new Scaled(facts, parseSafetensors(await host.weights()));
    return [network.forecast, network];
  }
  const [bytes, core] = await Promise.all([host.weights(), host.core()]);
  return [networkOf(facts, parseSafetensors(bytes), core)];
}

class Subject {
  #assumed = { key: "" };

  constructor(facts, host, forecast, network = null) {
    Object.assign(this, facts, { host, forecast, network, rollOuts: new RollOuts(forecast) });
    this.window = new SignalWindow(facts, host.get("view") ?? {});
  }

  /** What the Bayes and the best linear forecaster assume: { signal, linear }, of the window as it is now. */
  assumed(steps, leastNoise = 0) {
    const known = this.window.signal;
    const facts = { ...known, sigma: Math.max(known.sigma, leastNoise) };
    const key = JSON.stringify(facts);
    if (this.#assumed.key !== key || this.#assumed.steps < steps) {
      const signal = signalOf(facts);
      this.#assumed = { key, steps, signal, linear: bestLinear(signal, this.length, steps) };
    }
    return this.#assumed;
  }

  /** The forecasts [H] of the window, the model's maybe as a promise. */
  forecasts() {
    const [window, H] = [this.window.context, this.horizon];
    const { signal, linear } = this.assumed(H);
    const straight = applied(linear, window).subarray(0, H);
    return { window, clean: this.window.clean(H), bayes: signal.posterior(window, H).mean, linear: straight, model: this.forecast(window, H) };
  }

  /** The model's forecast of as many steps, in slices; null once it is stale. */
  async farther(steps, ways) {
    const window = this.window.context;
    if (this.reference || (!isKnown(this.architecture) && this.host.forecast)) return Array.from(await this.forecast(window, steps));
    return this.rollOuts.inSlices(window, steps, ways);
  }

  /**
   * What influence.js shows of a window [L], `step` values ahead and with some units off, or a promise of it; beside it `attention`,
   * how each head divides its own, where the network has heads.
   */
  slopes(window, step, off) {
    const { signal, linear } = this.assumed(step, LEAST_NOISE);
    const others = {
      linearName: "best linear", outside: this.familiarity && outsideOf(this.familiarity, window, !this.reference),
      attention: this.network?.attention(window, off) ?? null,
      bayes: signal.slope(window, step - 1),
      linear: { forecast: applied(linear, window)[step - 1], derivative: linear.weights.subarray((step - 1) * this.length, step * this.length) },
    };
    const model = this.#slope(window, step, off);
    const whole = off.size ? this.#slope(window, step) : null;
    return model instanceof Promise ? model.then((own) => ({ model: own, whole, ...others })) : { model, whole, ...others };
  }

  #slope(window, step, off) {
    if (this.network) return this.network.slope(window, step, off);
    if (this.reference === "bayes") return signalOf(this.signal).slope(window, step - 1);
    if (!["best_linear", ...Object.keys(simple)].includes(this.reference)) return this.host.slopes(Array.from(window), step, []).then((slopes) => slopes.model);
    const next = (values) => this.forecast(values, step)[step - 1]; // which is linear but for a constant
    const forecast = next(window);
    return { forecast, derivative: Float64Array.from(window, (_, at) => next(window.map((value, t) => value + (t === at))) - forecast) };
  }

  /** What the Bayes forecast is: the best possible for a draw of its signal, but not for a visitor's numbers. */
  get standing() {
    return this.window.isOwn ? `the best for the ${this.noun} it assumes` : "the best possible";
  }

  /** What of the window lies outside training, see `outsideOf`; null where nothing does. */
  outside() {
    return this.familiarity && outsideOf(this.familiarity, this.window.context, !this.reference);
  }
}

/** The subject of a measured series, whose influences the server computes: it reads channels beside the values. */
async function measuredOf(host) {
  const facts = Object.fromEntries(["name", "architecture", "heads", "scale", "length", "horizon"].map((name) => [name, host.get(name)]));
  const network = isFeedForward(facts.architecture) ? new Scaled(facts, parseSafetensors(await host.weights())) : null;
  const slopes = (window, step, off) => host.slopes(window, step, [...off]);
  return { ...facts, network, slopes, noun: "series", window: new MeasuredWindow(facts.length, host) };
}
