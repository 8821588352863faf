// Roll-outs: forecasts of many steps, each read from the forecasts before it.

const SLICE = 12; // ms of work between two chances for the page to draw

/** A window [L], and the steps after it that are known. */
class Course {
  #first = 0; // where the window that is read next begins

  constructor(window) {
    this.length = window.length;
    this.read = Array.from(window);
  }

  isOf(window) {
    return window.length === this.length && this.read.every((value, n) => n >= this.length || value === window[n]);
  }

  reaches(steps) {
    return this.read.length - this.length >= steps;
  }

  get next() {
    return this.read.slice(this.#first);
  }

  add(ahead) {
    this.read.push(...ahead);
    this.#first += ahead.length;
  }

  upTo(steps) {
    return this.read.slice(this.length, this.length + steps);
  }
}

/** The roll-out [steps] of a forecaster that maps a window [L] to [H]; its last forecasts are the next window. */
export const rollOut = (forecast, window, steps) => new RollOuts(forecast).of(window, steps);

/** The roll-outs of one forecaster. That of the window which was asked for last goes on from where it ended. */
export class RollOuts {
  #course = new Course([]);

  constructor(forecast) {
    this.forecast = forecast;
  }

  #of(window) {
    if (!this.#course.isOf(window)) this.#course = new Course(window);
    return this.#course;
  }

  /** [steps]. */
  of(window, steps) {
    const course = this.#of(window);
    while (!course.reaches(steps)) course.add(this.forecast(course.next));
    return course.upTo(steps);
  }

  /**
   * The same, as a promise, in slices between which the page can draw. `progress` is called with the steps so far after each
   * slice but the last. Resolves to null once `isStale()`.
   */
  async inSlices(window, steps, { isStale = () => false, progress = () => {} } = {}) {
    const course = this.#of(window);
    let began = performance.now();
    while (!course.reaches(steps)) {
      course.add(this.forecast(course.next));
      if (performance.now() - began > SLICE) {
        if (isStale()) return null;
        progress(course.upTo(steps));
        await new Promise((resolve) => setTimeout(resolve));
        if (isStale()) return null;
        began = performance.now();
      }
    }
    return course.upTo(steps);
  }
}
